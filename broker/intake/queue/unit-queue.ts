import type { Unit } from './waiting-event.js';

/** Copying what is left costs less than this many empty places. */
const EMPTY_PLACES_MAX = 1_024;

/** First in, first out; what could not be dealt with goes back to the front. Its owner bounds it. */
export class UnitQueue {
  #units: Unit[] = [];
  #first = 0;

  get isEmpty(): boolean {
    return this.#first === this.#units.length;
  }

  peek(): Unit | undefined {
    return this.#units[this.#first];
  }

  push(unit: Unit): void {
    this.#units.push(unit);
  }

  shift(): void {
    this.#first++;
    if (this.isEmpty || this.#first > EMPTY_PLACES_MAX) {
      this.#units = this.#units.slice(this.#first);
      this.#first = 0;
    }
  }

  putBack(units: readonly Unit[]): void {
    if (units.length === 0) return;
    this.#units = [...units, ...this.#units.slice(this.#first)];
    this.#first = 0;
  }
}
