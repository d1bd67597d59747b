import { partitionPoint } from '../../../proto/values/partition-point.js';
import { compareSourcePositions } from '../../../proto/values/source-position.js';
import { OPEN_EVENTS_MAX } from '../intake-limits.js';

/** Twice what one session may have unanswered: wherever the log turns out to end, the next failed position is known. */
export const FAILED_POSITIONS_MAX = 2 * OPEN_EVENTS_MAX;

/** One arrival of an event at its source position. */
export interface PositionArrival {
  position: string;
  /** The running number that intake gave it. */
  arrival: number;
  /** The session or request that it came over, whose events arrive in the order in which they were sent. */
  flow: object;
}

/** The latest flow that went back to a failed position, or before one, and how far back it went. */
export interface Rewind extends PositionArrival {
  at: number;
}

/** `first` and `last`: arrivals of the event when it failed for the first and the latest time; `at`: when that was. */
interface FailedPosition {
  position: string;
  first: number;
  last: number;
  at: number;
}

/**
 * Positions of one epoch of a source that were not stored for the moment: their commit failed, or they came behind one that had.
 *
 * Remembering the earliest failure alone is not enough: a commit that was reported as failed may turn out to be stored in its
 * first events, and the next failed one would be passed. So every failed position is kept until the watermark covers
 * it, and no event passes one, except behind it in a flow that has gone back to it or to a position before it. What an
 * older connection still had in its buffer is no such flow. See docs/decisions/0035.
 */
export class FailedPositions {
  /** Ascending, each position once. */
  readonly #failed: FailedPosition[] = [];
  #rewind: Rewind | undefined;
  /** Counts failures and rewinds, because an event that was sent again may fail again. */
  #clock = 0;

  add(position: string, arrival: number): void {
    const index = this.#countBefore(position);
    const known = this.#at(index, position);
    if (known) {
      known.first = Math.min(known.first, arrival);
      known.last = Math.max(known.last, arrival);
      known.at = ++this.#clock;
      return;
    }
    this.#failed.splice(index, 0, { position, first: arrival, last: arrival, at: ++this.#clock });
    // The first ones say where the source has to begin again, the last one how far it had come.
    if (this.#failed.length > FAILED_POSITIONS_MAX) this.#failed.splice(-2, 1);
  }

  /** Everything up to this position is stored or quarantined. */
  processed(position: string): void {
    if (this.#failed.length === 0) return;
    const before = this.#countBefore(position);
    this.#failed.splice(0, this.#at(before, position) ? before + 1 : before);
    if (this.#failed.length === 0) this.#rewind = undefined;
  }

  /** An event that is not blocked was taken: its flow may have gone back with it. */
  seen(event: PositionArrival): void {
    const rewind = this.rewindAfter(event);
    if (rewind === this.#rewind) return;
    this.#rewind = rewind;
    this.#clock++;
  }

  /** The rewind that holds once the event was seen: a new one when it stands before failed events that came earlier. */
  rewindAfter({ position, arrival, flow }: PositionArrival, rewind = this.#rewind): Rewind | undefined {
    if (this.#failed.length === 0) return rewind;
    const index = this.#countBefore(position);
    if (!this.#failed.some(({ last }, i) => i >= index && last < arrival)) return rewind;
    const before = rewind?.flow === flow ? rewind.position : position;
    const from = compareSourcePositions(before, position) < 0 ? before : position;
    return { position: from, arrival, flow, at: this.#clock + 1 };
  }

  /** True when the event would pass a failed one. */
  blocks({ position, arrival, flow }: PositionArrival, rewind = this.#rewind): boolean {
    if (this.#failed.length === 0) return false;
    const own = rewind?.flow === flow ? rewind : undefined;
    const resentFrom = own ? this.#countBefore(own.position) : Number.POSITIVE_INFINITY;
    const end = this.#countBefore(position);
    for (let i = 0; i < end; i++) {
      const { first, last, at } = this.#failed[i]!;
      const isResent = i >= resentFrom && last < own!.arrival && at < own!.at;
      if (first < arrival && !isResent) return true;
    }
    return false;
  }

  #at(index: number, position: string): FailedPosition | undefined {
    const found = this.#failed[index];
    return found && compareSourcePositions(found.position, position) === 0 ? found : undefined;
  }

  #countBefore(position: string): number {
    const isBefore = (index: number) => compareSourcePositions(this.#failed[index]!.position, position) < 0;
    return partitionPoint(0, this.#failed.length, isBefore);
  }
}
