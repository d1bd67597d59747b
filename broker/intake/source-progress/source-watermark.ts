import { compareSourcePositions } from '../../../proto/values/source-position.js';
import type { WaitingEvent } from '../queue/waiting-event.js';
import { FailedPositions, type Position } from './failed-positions.js';

/**
 * How far one source has come in one of its epochs.
 * `handled`: greatest position that is stored or quarantined; everything at or below it is a duplicate for ever.
 * `position`: log position of the event at the mark, or of one before it when that one went to quarantine.
 * `pending`: the last event of the commit that is being put together or under way.
 */
export class SourceWatermark {
  handled: string | undefined;
  position = 0;
  isDirty = false;
  #pending: WaitingEvent | undefined;
  readonly #refused = new FailedPositions();

  covers(position: string): boolean {
    return this.handled !== undefined && compareSourcePositions(position, this.handled) <= 0;
  }

  get pending(): WaitingEvent | undefined {
    return this.#pending;
  }

  /** The event becomes part of a commit, which stores all events of a source or none. */
  begin(event: WaitingEvent): void {
    this.#pending = event;
    this.came(event);
  }

  /** The commit is over. */
  end(): void {
    this.#pending = undefined;
  }

  /** True when the event has to wait until one before it that was refused is sent again. */
  isBlocked(event: WaitingEvent): boolean {
    return this.#refused.blocks(placeOf(event));
  }

  advance(sourcePosition: string, logPosition: number | undefined): void {
    if (this.covers(sourcePosition)) return;
    this.handled = sourcePosition;
    if (logPosition !== undefined) this.position = logPosition;
    this.isDirty = true;
    this.#refused.handled(sourcePosition);
  }

  /** An event is taken, or was before: its flow may have gone back with it to refused ones. */
  came(event: WaitingEvent): void {
    this.#refused.seen(placeOf(event));
  }

  /** Of an event that is handled already nothing is missing: it would be answered as a duplicate and block for ever. */
  refuse(event: WaitingEvent): void {
    const { position, arrival } = placeOf(event);
    if (!this.covers(position)) this.#refused.add(position, arrival);
  }
}

/** Only events with a place come here. */
function placeOf({ fields: { place, arrival, flow } }: WaitingEvent): Position {
  return { position: place!.position, arrival, flow };
}
