import type { FoldedRoom, SavedItem } from './checkpoint/folded-room.js';
import type { LedgerRecord } from './record.js';

/** Document of the record `clock-set`, by which the time of a bus with a test clock jumps on all its brokers. */
export interface ClockSetting {
  /** The time of the bus from this record on, RFC 3339. */
  now: string;
  /** Milliseconds that the wall clock is behind it; below zero it is ahead. */
  offsetMs: number;
}

/** The setting that a record makes; undefined for every other record. */
export const clockSettingOf = ({ kind, act, document }: LedgerRecord): ClockSetting | undefined =>
  kind === 'bus' && act === 'clock-set' ? (document as ClockSetting) : undefined;

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
 * length of a wait is never measured with it: `performance.now()` does that (docs/decisions/0046). A test clock that is set
 * moves the time to where the record says; the first setting of a bus may go back, and from it on the invariant holds again.
 */
export class BusClock implements FoldedRoom {
  #floorMs = Number.NEGATIVE_INFINITY;
  #floorReadAtMs = 0;
  /** Wall clock minus monotonic clock at the last reading. */
  #offsetMs: number;
  /** Milliseconds that a test clock adds to the wall clock. */
  #testOffsetMs = 0;

  constructor(private readonly deps: BusClockDeps) {
    this.#offsetMs = deps.wall() - deps.monotonic();
  }

  /** Milliseconds since 1970. */
  readonly now = (): number => {
    const [wallMs, monotonicMs] = [this.deps.wall(), this.deps.monotonic()];
    const stepMs = wallMs - monotonicMs - this.#offsetMs;
    this.#offsetMs += stepMs;
    if (Math.abs(stepMs) >= STEP_MS_MIN) this.deps.onStep(stepMs);
    return Math.max(wallMs + this.#testOffsetMs, this.#floorMs + monotonicMs - this.#floorReadAtMs);
  };

  /** Milliseconds to add to the wall clock so that the bus is at that time now. */
  offsetFor(nowMs: number): number {
    return nowMs - this.deps.wall();
  }

  readonly fold = (record: LedgerRecord): void => {
    const monotonicMs = this.deps.monotonic();
    const setting = clockSettingOf(record);
    if (setting) {
      this.#testOffsetMs = setting.offsetMs;
      this.#floorMs = Date.parse(setting.now);
      this.#floorReadAtMs = monotonicMs;
      return;
    }
    const recordedMs = Date.parse(record.time);
    if (recordedMs <= this.#floorMs + monotonicMs - this.#floorReadAtMs) return;
    this.#floorMs = recordedMs;
    this.#floorReadAtMs = monotonicMs;
  };

  save(): SavedItem[] {
    const floorMs = this.#floorMs + this.deps.monotonic() - this.#floorReadAtMs;
    return [{ state: { floorMs, testOffsetMs: this.#testOffsetMs } }];
  }

  load({ state }: SavedItem): void {
    const { floorMs, testOffsetMs } = state as { floorMs: number; testOffsetMs: number };
    this.#floorMs = floorMs;
    this.#floorReadAtMs = this.deps.monotonic();
    this.#testOffsetMs = testOffsetMs;
  }
}
