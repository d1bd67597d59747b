import { atTicks } from '../../proto/async/shared-ticks.js';
import { randomId } from '../../proto/random-id.js';
import type { Bus } from '../nats/bus.js';

/** Core NATS subject on which processes announce themselves. */
const HERE = 'sluice.processes.here';
const BEAT_MS = 1_000;
/** Missed beats after which a process counts as silent. */
const MISSED_BEATS = 2;
/** Above any number of workers and brokers of one bus; further ones are not awaited. */
const OTHERS_MAX = 1_000;
/** A process that does not see the ledger for this long delivers nothing, however long its own setting is. */
const STALE_MS_MAX = 15_000;

export interface OtherProcess {
  id: string;
  /** Time without the ledger after which it stops delivering. */
  staleAfterMs: number;
  /** By the monotonic clock of this process. */
  heardAtMs: number;
}

interface Announcement {
  id: string;
  staleAfterMs: number;
  /** It asks who else is there. */
  isNew?: boolean;
  isLeaving?: boolean;
  /** Processes that a new one could not have heard of, since they were there before it. */
  others?: { id: string; staleAfterMs: number; silentMs: number }[];
}

export interface PresenceDeps {
  bus: Bus;
  /** Setting of this process. */
  staleAfterMs: number;
  clockMs?: () => number;
}

/**
 * The other processes that may be delivering now: those that were heard of until their view of the ledger must be stale.
 * One that was killed, frozen or cut off is among them that long, since nobody can tell which of the three it is.
 */
export class Presence {
  readonly id = randomId();
  readonly #others = new Map<string, OtherProcess>();
  readonly #clockMs: () => number;
  #listenedAtMs: number;
  readonly #ends: (() => void)[] = [];

  constructor(private readonly deps: PresenceDeps) {
    this.#clockMs = deps.clockMs ?? (() => performance.now());
    this.#listenedAtMs = this.#clockMs();
  }

  /** Resolves when announcements of others reach this process. Rejects when the connection is lost meanwhile. */
  async start(): Promise<void> {
    const { bus } = this.deps;
    const subscription = bus.nc.subscribe(HERE, {
      callback: (error, message) => {
        if (!error) this.take(message.json<Announcement>());
      },
    });
    this.#ends.push(
      atTicks(BEAT_MS, () => this.#beat()),
      () => subscription.unsubscribe(),
      bus.onStatus((up) => {
        if (up) this.#announce({ isNew: true });
      }),
    );
    this.#announce({ isNew: true });
    await bus.nc.flush();
  }

  /** To be called when nothing is delivered any more. */
  stop(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#announce({ isLeaving: true });
  }

  /** Processes that may be delivering. */
  others(): OtherProcess[] {
    this.#noteListening();
    for (const [id, other] of this.#others) {
      if (this.stoppedAtMs(other, this.#clockMs()) < this.#clockMs()) this.#others.delete(id);
    }
    return [...this.#others.values()];
  }

  /**
   * When a process that says nothing has stopped delivering under a right that ended at `endedAtMs`: by then its view of the
   * ledger is stale, which it last saw before the record, and not long after it was last heard of.
   */
  stoppedAtMs({ heardAtMs, staleAfterMs }: OtherProcess, endedAtMs: number): number {
    const seenAtMs = Math.min(endedAtMs, heardAtMs + MISSED_BEATS * BEAT_MS);
    return seenAtMs + Math.min(staleAfterMs, STALE_MS_MAX);
  }

  take({ id, staleAfterMs, isNew, isLeaving, others = [] }: Announcement): void {
    if (id === this.id) return;
    this.#noteListening();
    if (isLeaving) {
      this.#others.delete(id);
      return;
    }
    const nowMs = this.#clockMs();
    this.#note({ id, staleAfterMs, heardAtMs: nowMs });
    for (const other of others) {
      if (!this.#others.has(other.id)) this.#note({ ...other, heardAtMs: nowMs - other.silentMs });
    }
    if (isNew) this.#announce({ others: this.others().map((one) => ({ ...one, silentMs: nowMs - one.heardAtMs })) });
  }

  #note(other: OtherProcess): void {
    if (other.id === this.id || (this.#others.size >= OTHERS_MAX && !this.#others.has(other.id))) return;
    this.#others.set(other.id, other);
  }

  /** While this process did not listen, others had no chance to be heard: they count as heard of now. */
  #noteListening(): void {
    const nowMs = this.#clockMs();
    if (nowMs - this.#listenedAtMs > (MISSED_BEATS + 1) * BEAT_MS) {
      for (const other of this.#others.values()) other.heardAtMs = nowMs;
    }
    if (this.deps.bus.isUp()) this.#listenedAtMs = nowMs;
  }

  #beat(): void {
    this.#noteListening();
    this.#announce({});
  }

  #announce(more: Partial<Announcement>): void {
    const { bus, staleAfterMs } = this.deps;
    if (bus.isUp()) bus.nc.publish(HERE, JSON.stringify({ id: this.id, staleAfterMs, ...more }));
  }
}
