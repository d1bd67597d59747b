/**
 * What the receiver has beyond the last acknowledged event. Records are told side by side, so some are ahead when one fails;
 * it is kept in memory only: after a crash the receiver tells a repeat by its id.
 */
export class Progress {
  readonly #done = new Set<number>();

  isDone(position: number): boolean {
    return this.#done.has(position);
  }

  done(position: number): void {
    this.#done.add(position);
  }

  /** Everything up to here is acknowledged and will not come again. */
  passed(position: number): void {
    for (const one of this.#done) if (one <= position) this.#done.delete(one);
  }
}
