import type { Bus } from '../nats/bus.js';
import type { Store } from '../nats/streams.js';
import { resolveEpoch, startEpoch } from './log-epochs.js';

/**
 * Gives every log that is shorter than it once was a new life: it was restored from a backup or has lost its tail, and
 * positions that clients hold would name other events. Call before anything reads the logs; changes `store.logs`.
 */
export async function startEpochsOfTruncatedLogs(bus: Bus, store: Store): Promise<number[]> {
  const started: number[] = [];
  for (let partition = 0; partition < store.partitions; partition++) {
    const { log, last, stored } = await resolveEpoch(bus, partition);
    store.logs[partition] = log;
    if (stored?.marker.log !== log || last >= stored.marker.position) continue;
    store.logs[partition] = await startEpoch(bus, partition, log);
    started.push(partition);
  }
  return started;
}

/**
 * Gives every log a new life. A store that was copied cold and put back looks whole, its marks are as old as its logs; only
 * who put it back knows that positions handed out since then name other events.
 */
export async function startEpochsOfAllLogs(bus: Bus, store: Store): Promise<void> {
  for (const [partition, log] of store.logs.entries()) {
    if (log !== undefined) store.logs[partition] = await startEpoch(bus, partition, log);
  }
}
