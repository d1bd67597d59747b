import { compareSourcePositions } from '../../proto/source-position.js';
import type { WaitingEvent } from './waiting-event.js';

/** Earliest event that failed for the moment: nothing after it is taken until it, or one before it, comes again. */
interface Failure {
  position: string;
  arrival: number;
}

/**
 * How far one source has come in one of its epochs.
 * `handled`: greatest position that is stored or quarantined; everything at or below it is a duplicate for ever.
 * `position`: log position of the event at the mark, or of one before it when that one went to quarantine.
 * `pending`: the last event of the commit that is being put together or under way.
 */
export class EpochMark {
  handled: string | undefined;
  position = 0;
  isDirty = false;
  #pending: WaitingEvent | undefined;
  /** The commit under way holds the failed event, or one before it, again. */
  #isRetrying = false;
  #failure: Failure | undefined;

  covers(position: string): boolean {
    return this.handled !== undefined && compareSourcePositions(position, this.handled) <= 0;
  }

  get pending(): WaitingEvent | undefined {
    return this.#pending;
  }

  /** The event becomes part of a commit, which stores all events of a source or none. */
  begin(event: WaitingEvent, position: string): void {
    this.#pending = event;
    const failure = this.#failure;
    if (failure && event.fields.arrival > failure.arrival && compareSourcePositions(position, failure.position) <= 0) {
      this.#isRetrying = true;
    }
  }

  /** The commit is over. */
  end(): void {
    this.#pending = undefined;
    this.#isRetrying = false;
  }

  /** True when an event of this position, come after a failure, has to wait until the failed one is sent again. */
  isBlocked(position: string, arrival: number): boolean {
    const failure = this.#failure;
    if (this.#isRetrying) return false;
    return failure !== undefined && arrival > failure.arrival && compareSourcePositions(position, failure.position) > 0;
  }

  raise(sourcePosition: string, logPosition: number | undefined): void {
    if (this.covers(sourcePosition)) return;
    this.handled = sourcePosition;
    if (logPosition !== undefined) this.position = logPosition;
    this.isDirty = true;
    if (this.#failure && this.covers(this.#failure.position)) this.#failure = undefined;
  }

  /** An event was stored or quarantined. Only one that came after the failure shows that the source has gone back. */
  succeed(sourcePosition: string, arrival: number, logPosition: number | undefined): void {
    this.raise(sourcePosition, logPosition);
    const failure = this.#failure;
    if (!failure || arrival <= failure.arrival) return;
    if (compareSourcePositions(sourcePosition, failure.position) <= 0) this.#failure = undefined;
  }

  /** Of an event that is handled already nothing is missing: it would be answered as a duplicate and block for ever. */
  fail(position: string, arrival: number): void {
    if (this.covers(position)) return;
    const failure = this.#failure;
    if (failure && compareSourcePositions(position, failure.position) >= 0) return;
    this.#failure = { position, arrival: failure ? Math.min(arrival, failure.arrival) : arrival };
  }
}
