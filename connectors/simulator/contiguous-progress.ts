/** Tracks indexes that complete in any order. `next` is the first incomplete one: everything before it is complete. */
export class ContiguousProgress {
  readonly #completedEarly = new Set<number>();

  constructor(private nextIndex: number) {}

  get next(): number {
    return this.nextIndex;
  }

  complete(index: number): void {
    this.#completedEarly.add(index);
    while (this.#completedEarly.delete(this.nextIndex)) this.nextIndex++;
  }
}
