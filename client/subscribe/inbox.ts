/** Buffer between a connection that receives and an iterator that is read. `push` refuses what exceeds its capacity. */
export class Inbox<T> {
  #items: T[] = [];
  #head = 0;
  #wake: (() => void) | undefined;
  #failure: Error | undefined;
  #hasEnded = false;

  constructor(private readonly itemsMax: number) {}

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** False when the items exceed the capacity; then none of them is kept. */
  push(items: readonly T[]): boolean {
    if (this.#hasEnded) return true;
    if (this.size + items.length > this.itemsMax) return false;
    for (const item of items) this.#items.push(item);
    this.#notify();
    return true;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }

  /** Ends the input. Buffered items can still be taken; after them `take` returns undefined or throws the failure. */
  end(failure?: Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#failure = failure;
    this.#notify();
  }

  /** Resolves with one to `max` items, or undefined after the end. Supports one caller at a time. */
  async take(max: number): Promise<T[] | undefined> {
    while (this.size === 0) {
      if (this.#failure) throw this.#failure;
      if (this.#hasEnded) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#items.slice(this.#head, this.#head + max);
    this.#head += taken.length;
    if (this.#head === this.#items.length) this.clear();
    else if (this.#head > this.#items.length >> 1) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
