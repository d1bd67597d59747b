/** When the events of a batch were accepted. Mostly in the order of the log, but a retry or another broker may store one later. */
export class AcceptedSpan {
  #oldestMs = Number.POSITIVE_INFINITY;
  #newestMs = Number.NEGATIVE_INFINITY;

  add(acceptedAtMs: number): void {
    this.#oldestMs = Math.min(this.#oldestMs, acceptedAtMs);
    this.#newestMs = Math.max(this.#newestMs, acceptedAtMs);
  }

  /** Whether no event was accepted before a time. */
  isSince(timeMs: number): boolean {
    return this.#oldestMs >= timeMs;
  }

  /** Whether there are events, and all were accepted before a time. */
  isBefore(timeMs: number): boolean {
    return this.#newestMs < timeMs && this.#newestMs >= this.#oldestMs;
  }
}
