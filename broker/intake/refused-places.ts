import { compareSourcePositions } from '../../proto/source-position.js';
import { BATCH_MESSAGES_MAX } from '../nats/publisher.js';

/** More than one uncertain commit holds: wherever in it the log turns out to end, what was refused next is known. */
export const REFUSED_PLACES_MAX = 2 * BATCH_MESSAGES_MAX;

/** A source position, and the number that the event got when it came. */
export interface Place {
  position: string;
  arrival: number;
}

/**
 * Places of one epoch of a source that were not taken for the moment: they failed, or came behind one that had. Nothing passes
 * one of them until it is handled or the source goes back: to it, or to a place before it.
 */
export class RefusedPlaces {
  /** Ascending, each position once. */
  #places: Place[] = [];

  add(position: string, arrival: number): void {
    const before = this.#places.findLastIndex((place) => compareSourcePositions(place.position, position) <= 0);
    const found = this.#places[before];
    if (found && compareSourcePositions(found.position, position) === 0) {
      found.arrival = Math.max(found.arrival, arrival);
      return;
    }
    this.#places.splice(before + 1, 0, { position, arrival });
    // The first ones say where the source has to begin, the last one how far it was.
    if (this.#places.length > REFUSED_PLACES_MAX) this.#places.splice(-2, 1);
  }

  /** Everything up to here is stored or quarantined. */
  handled(position: string): void {
    if (this.#places.length === 0) return;
    const left = this.#places.findIndex((place) => compareSourcePositions(place.position, position) > 0);
    this.#places.splice(0, left < 0 ? this.#places.length : left);
  }

  /** The source has sent `by`, and sends what comes behind it again. */
  goneBack(by: Place): void {
    if (this.#places.length > 0) this.#places = this.#places.filter((place) => !comesAgain(place, by));
  }

  /** True when the source goes back with it. */
  isRetry(by: Place): boolean {
    return this.#places.some((place) => comesAgain(place, by));
  }

  /** True when the event would pass a refused one. `retry` is in the commit that the event would be part of. */
  blocks({ position, arrival }: Place, retry: Place | undefined): boolean {
    return this.#places.some(
      (place) =>
        place.arrival < arrival &&
        compareSourcePositions(place.position, position) < 0 &&
        !(retry && comesAgain(place, retry)),
    );
  }
}

const comesAgain = (refused: Place, by: Place): boolean =>
  refused.arrival < by.arrival && compareSourcePositions(refused.position, by.position) >= 0;
