/**
 * Positions of one log delivered beyond the last acknowledged event. Records are called for concurrently, so some are further when
 * one fails. They are kept in memory only: after a crash the receiver recognises a repeat by its id.
 */
export class DeliveredPositions {
  readonly #positions = new Set<number>();
  #log: string | undefined;

  /** Positions of another epoch are other events. */
  enter(log: string): void {
    if (log !== this.#log) this.#positions.clear();
    this.#log = log;
  }

  has(position: number): boolean {
    return this.#positions.has(position);
  }

  add(position: number): void {
    this.#positions.add(position);
  }

  /** Forgets positions up to here: their events are not delivered again. */
  acknowledged(position: number): void {
    for (const one of this.#positions) if (one <= position) this.#positions.delete(one);
  }
}
