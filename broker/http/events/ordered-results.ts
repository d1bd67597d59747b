/** Unread bytes that a reader may always have, whatever others have left unread. */
const OWN_BYTES_FREE = 32 * 1024;

/** The bytes of results that are ready and not read, of all uploads of a process: their bound for one alone would add up. */
export class UnreadResults {
  bytes = 0;

  constructor(readonly bytesMax: number) {}

  get isFull(): boolean {
    return this.bytes > this.bytesMax;
  }
}

/**
 * Results of work that is done concurrently and read in order: one side adds promises and waits while too much is in flight or
 * unread, the other takes the results as they become ready.
 */
export class OrderedResults<Result extends { bytes: number }> {
  readonly #open: { result: Promise<Result>; weight: number }[] = [];
  #openWeight = 0;
  #unreadBytes = 0;
  #isComplete = false;
  /** Nobody reads any more. */
  isAbandoned = false;
  #changed: () => void = () => {};
  #drained: () => void = () => {};

  /** Bounds the work in flight, and the bytes of results that are ready but not read. */
  constructor(
    private readonly openWeightMax: number,
    private readonly unreadBytesMax: number,
    private readonly ofAll = new UnreadResults(Number.POSITIVE_INFINITY),
  ) {}

  /** Resolves when the next may be added. */
  async add(result: Promise<Result>, weight: number): Promise<void> {
    this.#open.push({ result, weight });
    this.#openWeight += weight;
    void result.then(({ bytes }) => this.#countUnread(bytes));
    this.#changed();
    // Its own reader lets a writer go on, also when all results together were too many: nobody waits for the readers of others.
    while (this.#openWeight > this.openWeightMax || this.#isUnread()) {
      await new Promise<void>((resolve) => (this.#drained = resolve));
    }
  }

  /** No more will be added. */
  complete(): void {
    this.#isComplete = true;
    this.#changed();
  }

  /** To be called when nobody reads any more: a waiting `add` resolves, and later ones find no bound. */
  abandon(): void {
    this.#openWeight = Number.NEGATIVE_INFINITY;
    this.ofAll.bytes -= this.#unreadBytes;
    this.#unreadBytes = 0;
    this.isAbandoned = true;
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
          this.#countUnread(-result.bytes);
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

  #isUnread(): boolean {
    if (this.#unreadBytes > this.unreadBytesMax) return true;
    return this.ofAll.isFull && this.#unreadBytes > OWN_BYTES_FREE;
  }

  #countUnread(bytes: number): void {
    if (this.isAbandoned) return;
    this.#unreadBytes += bytes;
    this.ofAll.bytes += bytes;
  }
}
