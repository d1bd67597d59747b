import { setTimeout as pause } from 'node:timers/promises';
import type { Bus } from '../nats/bus.js';
import type { Store } from '../nats/streams.js';
import { startEpoch } from './log-epochs.js';

export interface EpochChangesDeps {
  bus: Bus;
  store: Store;
  warn(message: string, error?: unknown): void;
}

/** Interval of attempts while the store cannot be asked; nobody can read the partition meanwhile. */
const RETRY_MS = 500;

/**
 * Starts a new epoch for logs that are truncated while the broker runs; `store.logs` has no epoch for them until then.
 */
export class EpochChanges {
  readonly #deps: EpochChangesDeps;
  /** Partition → truncations seen since the change of its epoch began. */
  readonly #truncations = new Map<number, number>();
  #stopped = false;

  constructor(deps: EpochChangesDeps) {
    this.#deps = deps;
  }

  /** Returns at once. A truncation during a change is followed by another change. */
  begin(partition: number): void {
    const { store } = this.#deps;
    const known = store.logs[partition];
    this.#truncations.set(partition, (this.#truncations.get(partition) ?? 0) + 1);
    if (known === undefined) return;
    store.logs[partition] = undefined;
    void this.#run(partition, known);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #run(partition: number, known: string): Promise<void> {
    const { bus, store, warn } = this.#deps;
    let log = known;
    let isReported = false;
    while (!this.#stopped) {
      const truncations = this.#truncations.get(partition);
      try {
        log = await startEpoch(bus, partition, log);
        if (truncations !== this.#truncations.get(partition)) continue;
        store.logs[partition] = log;
        return;
      } catch (error) {
        if (!isReported) warn(`the log of partition ${partition} could not start a new epoch yet`, error);
        isReported = true;
      }
      await pause(RETRY_MS, undefined, { ref: false });
    }
  }
}
