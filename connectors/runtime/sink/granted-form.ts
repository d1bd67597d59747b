import { BusApi } from '../../../client/bus-api.js';
import { ClientError } from '../../../client/errors.js';
import type { GrantDocument } from '../../../proto/entry/grant.js';
import type { BusAddress } from '../connector-context.js';
import { PeerGoneError } from '../connector-errors.js';

/**
 * Item → transform of a grant. The announced items have types only, but a value that is masked no longer is another value of the same
 * type. Throws PeerGoneError while the bus does not answer.
 */
export async function readTransforms(bus: BusAddress, grant: string): Promise<Map<string, string>> {
  try {
    const { items } = await new BusApi(bus).json<GrantDocument>(`/v1/grants/${encodeURIComponent(grant)}`);
    return new Map(items.flatMap(({ name, transform }) => (transform === undefined ? [] : [[name, transform]])));
  } catch (error) {
    if (!(error instanceof ClientError) || !error.retryable) throw error;
    throw new PeerGoneError(`the grant cannot be read: ${error.message}`, { side: 'bus', cause: error });
  }
}
