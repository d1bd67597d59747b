import { LogPosition } from '../../proto/log-position.js';
import type { Bus } from '../nats/bus.js';
import type { Store } from '../nats/streams.js';
import { resolveEpoch, startEpoch } from './log-epochs.js';

/**
 * Starts a new epoch for every log that is shorter than its marker: it was restored from a backup or truncated, and
 * positions that clients hold would name other events. Call before anything reads the logs; changes `store.logs`.
 */
export async function startEpochsOfTruncatedLogs(bus: Bus, store: Store): Promise<number[]> {
  const started: number[] = [];
  for (let partition = 0; partition < store.partitions; partition++) {
    const { log, last, stored } = await resolveEpoch(bus, partition);
    store.logs[partition] = log;
    const isTruncated = stored !== undefined && LogPosition.of(stored.marker).isAfter(new LogPosition(log, last));
    if (!isTruncated) continue;
    store.logs[partition] = await startEpoch(bus, partition, log);
    started.push(partition);
  }
  return started;
}

/**
 * Starts a new epoch for every log. A store that was copied cold and restored looks whole, since its markers are as old
 * as its logs; only the operator who restored it knows that positions handed out since then name other events.
 */
export async function startEpochsOfAllLogs(bus: Bus, store: Store): Promise<void> {
  for (const [partition, log] of store.logs.entries()) {
    if (log !== undefined) store.logs[partition] = await startEpoch(bus, partition, log);
  }
}
