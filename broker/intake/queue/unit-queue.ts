import type { WaitingUnit } from './waiting-event.js';

/** Copying what is left costs less than keeping this many slots empty at the front. */
const EMPTY_SLOTS_MAX = 1_024;

/** First in, first out; units that could not be committed go back to the front. Its owner bounds it. */
export class UnitQueue {
  #units: WaitingUnit[] = [];
  #first = 0;

  get isEmpty(): boolean {
    return this.#first === this.#units.length;
  }

  peek(): WaitingUnit | undefined {
    return this.#units[this.#first];
  }

  push(unit: WaitingUnit): void {
    this.#units.push(unit);
  }

  shift(): void {
    this.#first++;
    if (this.isEmpty || this.#first > EMPTY_SLOTS_MAX) {
      this.#units = this.#units.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Removes the units that match, and returns them in their order. */
  remove(matches: (unit: WaitingUnit) => boolean): WaitingUnit[] {
    const removed: WaitingUnit[] = [];
    const kept: WaitingUnit[] = [];
    for (const unit of this.#units.slice(this.#first)) (matches(unit) ? removed : kept).push(unit);
    this.#units = kept;
    this.#first = 0;
    return removed;
  }

  putBack(units: readonly WaitingUnit[]): void {
    if (units.length === 0) return;
    this.#units = [...units, ...this.#units.slice(this.#first)];
    this.#first = 0;
  }
}
