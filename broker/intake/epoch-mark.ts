import { compareSourcePositions } from '../../proto/source-position.js';
import { type Place, RefusedPlaces } from './refused-places.js';
import type { WaitingEvent } from './waiting-event.js';

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
  /** The event with which the commit under way goes back to refused ones. */
  #retry: Place | undefined;
  readonly #refused = new RefusedPlaces();

  covers(position: string): boolean {
    return this.handled !== undefined && compareSourcePositions(position, this.handled) <= 0;
  }

  get pending(): WaitingEvent | undefined {
    return this.#pending;
  }

  /** The event becomes part of a commit, which stores all events of a source or none. */
  begin(event: WaitingEvent, position: string): void {
    this.#pending = event;
    const place = { position, arrival: event.fields.arrival };
    if (!this.#retry && this.#refused.isRetry(place)) this.#retry = place;
  }

  /** The commit is over. */
  end(): void {
    this.#pending = undefined;
    this.#retry = undefined;
  }

  /** True when the event has to wait until one before it that was refused is sent again. */
  isBlocked(position: string, arrival: number): boolean {
    return this.#refused.blocks({ position, arrival }, this.#retry);
  }

  raise(sourcePosition: string, logPosition: number | undefined): void {
    if (this.covers(sourcePosition)) return;
    this.handled = sourcePosition;
    if (logPosition !== undefined) this.position = logPosition;
    this.isDirty = true;
    this.#refused.handled(sourcePosition);
  }

  /** An event was stored or quarantined. */
  succeed(sourcePosition: string, arrival: number, logPosition: number | undefined): void {
    this.goneBack(sourcePosition, arrival);
    this.raise(sourcePosition, logPosition);
  }

  /** The source has sent an event again: what it was refused behind that one it sends again too. */
  goneBack(position: string, arrival: number): void {
    this.#refused.goneBack({ position, arrival });
  }

  /** Of an event that is handled already nothing is missing: it would be answered as a duplicate and block for ever. */
  refuse(position: string, arrival: number): void {
    if (!this.covers(position)) this.#refused.add(position, arrival);
  }
}
