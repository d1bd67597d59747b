/** Unread bytes that a reader may always have, whatever others have left unread. */
const OWN_BYTES_FREE = 32 * 1024;
/** The same of work whose results nobody has read: some turns' worth of lines. */
const OWN_WEIGHT_FREE = 200;

/** Counts events in flight and unread results of all uploads of a process: the bounds of one alone would add up. Decision: docs/decisions/0251. */
export class UnreadResults {
  bytes = 0;
  weight = 0;

  constructor(
    readonly bytesMax: number,
    readonly weightMax = Number.POSITIVE_INFINITY,
  ) {}
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
    this.#countOpen(weight);
    void result.then(({ bytes }) => this.#countUnread(bytes));
    this.#changed();
    // Its own reader lets a writer go on, also when all results together were too many: nobody waits for the readers of others.
    while (this.#hasTooMuchOpen() || this.#isUnread()) {
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
    this.ofAll.bytes -= this.#unreadBytes;
    this.ofAll.weight -= this.#openWeight;
    this.#unreadBytes = 0;
    this.#openWeight = 0;
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
          this.#countOpen(-next.weight);
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

  #hasTooMuchOpen(): boolean {
    if (this.#openWeight > this.openWeightMax) return true;
    return this.ofAll.weight > this.ofAll.weightMax && this.#openWeight > OWN_WEIGHT_FREE;
  }

  #isUnread(): boolean {
    if (this.#unreadBytes > this.unreadBytesMax) return true;
    return this.ofAll.bytes > this.ofAll.bytesMax && this.#unreadBytes > OWN_BYTES_FREE;
  }

  #countOpen(weight: number): void {
    if (this.isAbandoned) return;
    this.#openWeight += weight;
    this.ofAll.weight += weight;
  }

  #countUnread(bytes: number): void {
    if (this.isAbandoned) return;
    this.#unreadBytes += bytes;
    this.ofAll.bytes += bytes;
  }
}
