import { SluiceError } from '../../proto/errors.js';
import type { Store } from '../nats/streams.js';

/** Returns a look-up of the present epoch of a partition's log, which throws STORE_UNAVAILABLE while it is being resolved. */
export function presentEpochOf(store: Pick<Store, 'logs'>): (partition: number) => string {
  return (partition) => {
    const log = store.logs[partition];
    if (log !== undefined) return log;
    const message = `the log of partition ${partition} was truncated and its new epoch is being started, try again`;
    throw new SluiceError('STORE_UNAVAILABLE', message);
  };
}
