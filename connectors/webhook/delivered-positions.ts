/**
 * What the receiver has beyond the last acknowledged event. Records are told side by side, so some are ahead when one fails;
 * it is kept in memory only: after a crash the receiver tells a repeat by its id.
 */
export class DeliveredPositions {
  readonly #add = new Set<number>();

  has(position: number): boolean {
    return this.#add.has(position);
  }

  add(position: number): void {
    this.#add.add(position);
  }

  /** Everything up to here is acknowledged and will not come again. */
  acknowledged(position: number): void {
    for (const one of this.#add) if (one <= position) this.#add.delete(one);
  }
}
