import { BusApi } from '../../../client/bus-api.js';
import { ClientError } from '../../../client/errors.js';
import type { GrantDocument } from '../../../proto/entry/grant.js';
import { canonicalJson } from '../../../proto/values/canonical-json.js';
import type { BusAddress } from '../connector-context.js';
import { PeerGoneError } from '../connector-errors.js';

/** Parts of a grant that decide, beside the announced items, what it delivers of a record, and of which. */
export interface GrantedForm {
  /** Item → transform: a value that is masked no longer is another value of the same type. */
  transforms: ReadonlyMap<string, string>;
  /** The row filter, as text that can be compared. */
  rows: string;
}

/** Throws PeerGoneError while the bus does not answer. */
export async function readGrantedForm(bus: BusAddress, grant: string): Promise<GrantedForm> {
  try {
    const { items, rows } = await new BusApi(bus).json<GrantDocument>(`/v1/grants/${encodeURIComponent(grant)}`);
    const transforms = items.flatMap(({ name, transform }): [string, string][] =>
      transform ? [[name, transform]] : [],
    );
    return { transforms: new Map(transforms), rows: canonicalJson(rows ?? {}) };
  } catch (error) {
    if (!(error instanceof ClientError) || !error.retryable) throw error;
    throw new PeerGoneError(`the grant cannot be read: ${error.message}`, { side: 'bus', cause: error });
  }
}
