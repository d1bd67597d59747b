import type { StreamInfo } from '@nats-io/jetstream';
import { atTicks } from '../../../proto/async/shared-ticks.js';
import type { Bus } from '../bus.js';
import { type LeaderEnd, leaderEndOf } from './leader-end.js';
import { streamInfo } from './log-reader.js';

export interface LeaderFreshnessOptions {
  stream: string;
  /** Returns the follower's position. */
  position(): number;
  /** Whether the stream has another epoch than the follower relies on. */
  isOtherEpoch(info: StreamInfo): boolean;
  /**
   * Called when the stream has another epoch, or when the follower has been behind its leader, or without one, for too
   * long: another replica may do better.
   */
  onStale(): void;
}

const POLL_INTERVAL_MS = 1_000;
/** Longer than an election (4 to 8 s), during which there is no leader to ask. */
const STALE_AFTER_MS = 15_000;

/**
 * See docs/decisions/0030. Measures how fresh a follower is on a stream with replicas. Heartbeats of a consumer prove little there: its replica
 * may lag or be cut off and still send them. The measure is when the follower last had everything that the leader had.
 */
export class LeaderFreshness {
  readonly #bus: Bus;
  readonly #options: LeaderFreshnessOptions;
  readonly #endTicks: () => void;
  /** Undefined once the follower has reached it. */
  #target: LeaderEnd | undefined;
  #isPolling = false;
  #stopped = false;
  #staleSinceMs = performance.now();

  constructor(
    bus: Bus,
    options: LeaderFreshnessOptions,
    /** Confirmed by the follower's earlier consumer. */
    public confirmedAtMs: number,
    /** End of the leader when the follower was opened. */
    target: LeaderEnd,
  ) {
    this.#bus = bus;
    this.#options = options;
    this.#target = target;
    this.reached(options.position());
    this.#endTicks = atTicks(POLL_INTERVAL_MS, () => void this.#tick());
  }

  /** Notes that the follower has advanced. */
  reached(position: number): void {
    if (!this.#target || position < this.#target.last) return;
    this.confirmedAtMs = Math.max(this.confirmedAtMs, this.#target.provenAtMs);
    if (performance.now() - this.confirmedAtMs < STALE_AFTER_MS) this.#staleSinceMs = performance.now();
    this.#target = undefined;
  }

  stop(): void {
    this.#stopped = true;
    this.#endTicks();
  }

  async #tick(): Promise<void> {
    if (performance.now() - this.#staleSinceMs > STALE_AFTER_MS) {
      this.#staleSinceMs = performance.now();
      this.#target = undefined;
      this.#options.onStale();
      return;
    }
    // One target at a time: under load the leader is always ahead by the messages in flight.
    if (this.#target || this.#isPolling || !this.#bus.isUp()) return;
    this.#isPolling = true;
    const askedAtMs = performance.now();
    try {
      const info = await streamInfo(this.#bus, this.#options.stream);
      if (this.#stopped) return;
      if (this.#options.isOtherEpoch(info)) return this.#options.onStale();
      this.#target = leaderEndOf(info, askedAtMs);
      this.reached(this.#options.position());
    } catch {
      // Without a leader the time keeps running, and the owner sees how long.
    } finally {
      this.#isPolling = false;
    }
  }
}
