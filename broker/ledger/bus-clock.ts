import type { LedgerRecord } from './record.js';

export interface BusClockDeps {
  /** Wall clock, in milliseconds since 1970. */
  wall(): number;
  /** Milliseconds that only grow, whatever is done to the wall clock. */
  monotonic(): number;
  /** The wall clock was set by so many milliseconds, forward or, below zero, back. */
  onStep(stepMs: number): void;
}

/** Slewing moves a clock by milliseconds; a larger difference between two readings is somebody setting it. */
const STEP_MS_MIN = 1_000;

/**
 * The time that rights are judged by. A wall clock that is set back would make an expired grant valid again, and a used
 * ticket usable. So the bus's time is the wall clock or, where that is behind it, the time of the newest ledger record plus
 * what has passed since this process read it. Invariant: `now()` is never before the newest record that was folded. The
 * length of a wait is never measured with it: `performance.now()` does that (docs/decisions/0046).
 */
export class BusClock {
  #floorMs = Number.NEGATIVE_INFINITY;
  #floorReadAtMs = 0;
  /** Wall clock minus monotonic clock at the last reading. */
  #offsetMs: number;

  constructor(private readonly deps: BusClockDeps) {
    this.#offsetMs = deps.wall() - deps.monotonic();
  }

  /** Milliseconds since 1970. */
  readonly now = (): number => {
    const [wallMs, monotonicMs] = [this.deps.wall(), this.deps.monotonic()];
    const stepMs = wallMs - monotonicMs - this.#offsetMs;
    this.#offsetMs += stepMs;
    if (Math.abs(stepMs) >= STEP_MS_MIN) this.deps.onStep(stepMs);
    return Math.max(wallMs, this.#floorMs + monotonicMs - this.#floorReadAtMs);
  };

  readonly fold = ({ time }: LedgerRecord): void => {
    const recordedMs = Date.parse(time);
    const monotonicMs = this.deps.monotonic();
    if (recordedMs <= this.#floorMs + monotonicMs - this.#floorReadAtMs) return;
    this.#floorMs = recordedMs;
    this.#floorReadAtMs = monotonicMs;
  };
}
