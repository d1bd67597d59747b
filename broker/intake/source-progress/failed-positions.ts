import { partitionPoint } from '../../../proto/values/partition-point.js';
import { compareSourcePositions } from '../../../proto/values/source-position.js';
import { OPEN_EVENTS_MAX } from '../intake-limits.js';

/** What two sessions may have unanswered: wherever the log turns out to end, what was refused next is known. */
export const FAILED_POSITIONS_MAX = 2 * OPEN_EVENTS_MAX;

/** Where an event stands among those of its source. */
export interface Position {
  position: string;
  /** The number that it got when it came. */
  arrival: number;
  /** What it came over: one session or request, whose events come in the order in which they were sent. */
  flow: object;
}

/** `first` and `last`: arrival of the event when it was refused for the first and the latest time; `at`: when that was. */
interface FailedPosition {
  position: string;
  first: number;
  last: number;
  at: number;
}

/**
 * Places of one epoch of a source that were not taken for the moment: they failed, or came behind one that had. Nothing passes
 * one of them until it is handled, but for what comes behind in a flow that has gone back: to it, or to a place before it. What
 * an older connection still had of the source is no such flow.
 */
export class FailedPositions {
  /** Ascending, each position once. */
  readonly #places: FailedPosition[] = [];
  #returned: (Position & { at: number }) | undefined;
  /** Counts refusals and returns: an event that came back may be refused again. */
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
    this.#places.splice(index, 0, { position, first: arrival, last: arrival, at: ++this.#clock });
    // The first ones say where the source has to begin, the last one how far it was.
    if (this.#places.length > FAILED_POSITIONS_MAX) this.#places.splice(-2, 1);
  }

  /** Everything up to here is stored or quarantined. */
  handled(position: string): void {
    if (this.#places.length === 0) return;
    const before = this.#countBefore(position);
    this.#places.splice(0, this.#at(before, position) ? before + 1 : before);
    if (this.#places.length === 0) this.#returned = undefined;
  }

  /** An event that is not blocked: when it stands before refused ones that came earlier, its flow sends them again. */
  seen({ position, arrival, flow }: Position): void {
    if (this.#places.length === 0) return;
    const index = this.#countBefore(position);
    if (!this.#places.some(({ last }, i) => i >= index && last < arrival)) return;
    const before = this.#returned?.flow === flow ? this.#returned.position : position;
    const from = compareSourcePositions(before, position) < 0 ? before : position;
    this.#returned = { position: from, arrival, flow, at: ++this.#clock };
  }

  /** True when the event would pass a refused one. */
  blocks({ position, arrival, flow }: Position): boolean {
    if (this.#places.length === 0) return false;
    const returned = this.#returned?.flow === flow ? this.#returned : undefined;
    const comesAgainFrom = returned ? this.#countBefore(returned.position) : Number.POSITIVE_INFINITY;
    const end = this.#countBefore(position);
    for (let i = 0; i < end; i++) {
      const { first, last, at } = this.#places[i]!;
      const comesAgain = i >= comesAgainFrom && last < returned!.arrival && at < returned!.at;
      if (first < arrival && !comesAgain) return true;
    }
    return false;
  }

  #at(index: number, position: string): FailedPosition | undefined {
    const found = this.#places[index];
    return found && compareSourcePositions(found.position, position) === 0 ? found : undefined;
  }

  /** How many of the places are before a position. */
  #countBefore(position: string): number {
    const isBefore = (index: number) => compareSourcePositions(this.#places[index]!.position, position) < 0;
    return partitionPoint(0, this.#places.length, isBefore);
  }
}
