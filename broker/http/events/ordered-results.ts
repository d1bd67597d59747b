/**
 * Results of work that is done concurrently and read in order: one side adds promises and waits while too much is in flight or
 * unread, the other takes the results as they become ready.
 */
export class OrderedResults<Result extends { bytes: number }> {
  readonly #open: { result: Promise<Result>; weight: number }[] = [];
  #openWeight = 0;
  #unreadBytes = 0;
  #isComplete = false;
  #changed: () => void = () => {};
  #drained: () => void = () => {};

  /** Bounds the work in flight, and the bytes of results that are ready but not read. */
  constructor(
    private readonly openWeightMax: number,
    private readonly unreadBytesMax: number,
  ) {}

  /** Resolves when the next may be added. */
  async add(result: Promise<Result>, weight: number): Promise<void> {
    this.#open.push({ result, weight });
    this.#openWeight += weight;
    void result.then(({ bytes }) => (this.#unreadBytes += bytes));
    this.#changed();
    while (this.#openWeight > this.openWeightMax || this.#unreadBytes > this.unreadBytesMax) {
      await new Promise<void>((resolve) => (this.#drained = resolve));
    }
  }

  /** No more will be added. */
  complete(): void {
    this.#isComplete = true;
    this.#changed();
  }

  /** Nobody reads any more: a waiting `add` resolves, and later ones find no bound. */
  abandon(): void {
    this.#openWeight = Number.NEGATIVE_INFINITY;
    this.#unreadBytes = Number.NEGATIVE_INFINITY;
    this.#drained();
  }

  async *inOrder(): AsyncGenerator<Result> {
    try {
      for (;;) {
        const next = this.#open.shift();
        if (next) {
          const result = await next.result;
          yield result;
          this.#openWeight -= next.weight;
          this.#unreadBytes -= result.bytes;
          this.#drained();
        } else if (this.#isComplete) {
          return;
        } else {
          await new Promise<void>((resolve) => (this.#changed = resolve));
        }
      }
    } finally {
      this.abandon();
    }
  }
}
