/**
 * The earliest and the latest acceptance time in a batch. The log is mostly in the order of acceptance, but a retry or
 * another broker may store an event later than its neighbours.
 */
export class AcceptedSpan {
  #oldestMs = Number.POSITIVE_INFINITY;
  #newestMs = Number.NEGATIVE_INFINITY;

  add(acceptedAtMs: number): void {
    this.#oldestMs = Math.min(this.#oldestMs, acceptedAtMs);
    this.#newestMs = Math.max(this.#newestMs, acceptedAtMs);
  }

  /** True when no event was accepted before a time. */
  isSince(timeMs: number): boolean {
    return this.#oldestMs >= timeMs;
  }

  /** True when there are events and all of them were accepted before a time. */
  isBefore(timeMs: number): boolean {
    return this.#newestMs < timeMs && this.#newestMs >= this.#oldestMs;
  }
}
