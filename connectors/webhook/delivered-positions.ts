/**
 * Positions delivered beyond the last acknowledged event. Records are called for concurrently, so some are further when one fails.
 * They are kept in memory only: after a crash the receiver recognises a repeat by its id.
 */
export class DeliveredPositions {
  readonly #add = new Set<number>();

  has(position: number): boolean {
    return this.#add.has(position);
  }

  add(position: number): void {
    this.#add.add(position);
  }

  /** Forgets positions up to here: their events are not delivered again. */
  acknowledged(position: number): void {
    for (const one of this.#add) if (one <= position) this.#add.delete(one);
  }
}
