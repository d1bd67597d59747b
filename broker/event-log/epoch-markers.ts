import { atTicks } from '../../proto/async/shared-ticks.js';
import { isSameEpoch, LogPosition } from '../../proto/log-position.js';
import type { Bus } from '../nats/bus.js';
import { WrongExpectedSequenceError } from '../nats/store-errors.js';
import type { Store } from '../nats/streams.js';
import { readEpochMarker, resolveEpoch, writeEpochMarker } from './log-epochs.js';

export interface EpochMarkersDeps {
  bus: Bus;
  store: Store;
  /** Returns the newest position that this broker knows of the partition. */
  headOf(partition: number): number;
  /** Called when the log has another epoch than `store.logs` says: another process has started it. */
  onEpochChanged(partition: number): void;
  warn(message: string, error?: unknown): void;
}

/**
 * A truncation of messages stored within this time can go unnoticed; more frequent writes would cost more than they
 * bring.
 */
const WRITE_INTERVAL_MS = 1000;
/** Each further attempt means that another process has just written; the next second writes what is left. */
const ATTEMPTS = 4;

/** Stores how far each log goes, at most once a second, so that the next start can tell whether it was truncated. */
export class EpochMarkers {
  /** Newest marker that the store is known to have. */
  readonly #written = new Map<number, LogPosition>();
  #endTicks = (): void => undefined;
  #writing: Promise<void> = Promise.resolve();
  #isReported = false;

  constructor(private readonly deps: EpochMarkersDeps) {}

  start(): void {
    this.#endTicks = atTicks(WRITE_INTERVAL_MS, () => this.#writeLater());
  }

  /** Writes the last markers. Safe to call twice. */
  async drain(): Promise<void> {
    this.#endTicks();
    this.#writeLater();
    await this.#writing;
  }

  #writeLater(): void {
    this.#writing = this.#writing
      .then(() => this.#write())
      .then(() => {
        this.#isReported = false;
      })
      // The next second tries again; a late marker only makes the check less precise.
      .catch((error: unknown) => this.#report(error));
  }

  /** Once per failure: a store that is full stays so for many seconds. */
  #report(error: unknown): void {
    if (!this.#isReported) this.deps.warn('how far the logs go was not stored; it is tried again every second', error);
    this.#isReported = true;
  }

  async #write(): Promise<void> {
    const { bus, store, headOf } = this.deps;
    if (!bus.isUp()) return;
    for (let partition = 0; partition < store.partitions; partition++) {
      const log = store.logs[partition];
      const position = headOf(partition);
      if (log === undefined || position === 0) continue;
      const end = new LogPosition(log, position);
      for (let attempt = 1; !this.#written.get(partition)?.covers(end) && attempt <= ATTEMPTS; attempt++) {
        if (!(await this.#advance(partition, end))) break;
      }
    }
  }

  /**
   * Never lowers the marker of an epoch, and writes for the present epoch only. Returns false when there is nothing to
   * write.
   */
  async #advance(partition: number, { epoch, position }: LogPosition): Promise<boolean> {
    const { bus, store, onEpochChanged } = this.deps;
    const stored = await readEpochMarker(bus, partition);
    const known = stored && LogPosition.of(stored.marker).within(epoch);
    if (stored && known === undefined && !isSameEpoch((await resolveEpoch(bus, partition)).log, epoch)) {
      if (store.logs[partition] === epoch) onEpochChanged(partition);
      return false;
    }
    // The log was truncated meanwhile: the head belonged to a previous epoch.
    if (store.logs[partition] !== epoch) return false;
    try {
      if ((known ?? 0) < position)
        await writeEpochMarker(bus, partition, { ...stored?.marker, log: epoch, position }, stored?.revision ?? 0);
      this.#written.set(partition, new LogPosition(epoch, Math.max(known ?? 0, position)));
    } catch (error) {
      if (!(error instanceof WrongExpectedSequenceError)) throw error;
    }
    return true;
  }
}
