import type { StreamInfo } from '@nats-io/jetstream';
import type { Bus } from '../bus.js';
import { type LeaderEnd, leaderEndOf } from './leader-end.js';
import { streamInfo } from './log-reader.js';

export interface LeaderFreshnessOptions {
  stream: string;
  /** How far the follower is. */
  position(): number;
  /** Whether the stream is another one than the follower counts on. */
  isOtherEpoch(info: StreamInfo): boolean;
  /** So it is; or the follower has been behind its leader, or without one, for this long: another replica may do better. */
  onStale(): void;
}

const POLL_INTERVAL_MS = 1_000;
/** Longer than an election (4 to 8 s), in which there is no leader to ask. */
const STALE_AFTER_MS = 15_000;

/**
 * On a stream with replicas the heartbeats of a consumer say little: its replica may lag or be cut off from the others,
 * and still send them. What counts is when the follower last had everything that the stream's leader had.
 */
export class LeaderFreshness {
  readonly #bus: Bus;
  readonly #options: LeaderFreshnessOptions;
  readonly #timer: NodeJS.Timeout;
  /** Undefined once the follower has reached it. */
  #target: LeaderEnd | undefined;
  #isPolling = false;
  #stopped = false;
  #staleSinceMs = Date.now();

  constructor(
    bus: Bus,
    options: LeaderFreshnessOptions,
    /** Of the follower's life before. */
    public confirmedAtMs: number,
    /** What the leader had when the follower began. */
    target: LeaderEnd,
  ) {
    this.#bus = bus;
    this.#options = options;
    this.#target = target;
    this.reached(options.position());
    this.#timer = setInterval(() => void this.#tick(), POLL_INTERVAL_MS);
    this.#timer.unref();
  }

  /** The follower has moved. */
  reached(position: number): void {
    if (!this.#target || position < this.#target.last) return;
    this.confirmedAtMs = Math.max(this.confirmedAtMs, this.#target.provenAtMs);
    if (Date.now() - this.confirmedAtMs < STALE_AFTER_MS) this.#staleSinceMs = Date.now();
    this.#target = undefined;
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  async #tick(): Promise<void> {
    if (Date.now() - this.#staleSinceMs > STALE_AFTER_MS) {
      this.#staleSinceMs = Date.now();
      this.#target = undefined;
      this.#options.onStale();
      return;
    }
    // One goal after the other: under load the leader is always ahead by what is under way.
    if (this.#target || this.#isPolling || !this.#bus.isUp()) return;
    this.#isPolling = true;
    const askedAtMs = Date.now();
    try {
      const info = await streamInfo(this.#bus, this.#options.stream);
      if (this.#stopped) return;
      if (this.#options.isOtherEpoch(info)) return this.#options.onStale();
      this.#target = leaderEndOf(info, askedAtMs);
      this.reached(this.#options.position());
    } catch {
      // No leader: time goes on, and the owner sees how long.
    } finally {
      this.#isPolling = false;
    }
  }
}
