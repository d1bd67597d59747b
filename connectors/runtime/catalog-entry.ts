import { BusApi } from '../../client/bus-api.js';
import { ApiError, ClientError } from '../../client/errors.js';
import type { EntryVersion } from '../../proto/entry/entry.js';
import type { BusAddress } from './connector-context.js';
import { PeerGoneError } from './connector-errors.js';

/** Resolves with the published version of an entry. Throws PeerGoneError while the bus does not answer. */
export async function publishedEntry(bus: BusAddress, id: string): Promise<EntryVersion> {
  try {
    return await new BusApi(bus).json<EntryVersion>(`/v1/catalog/${encodeURIComponent(id)}`);
  } catch (error) {
    if (error instanceof ClientError && error.retryable) {
      throw new PeerGoneError(`the catalog cannot be read: ${error.message}`, {
        cause: error,
        side: 'bus',
        retryAfterMs: error instanceof ApiError ? error.retryAfterMs : undefined,
      });
    }
    throw error;
  }
}
