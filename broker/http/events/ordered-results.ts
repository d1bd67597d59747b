/**
 * Work that is done side by side and answered in order: one side adds promises of answers and waits while too much is
 * open, the other takes the answers as they become ready.
 */
export class OrderedResults<Answer> {
  readonly #open: { answer: Promise<Answer>; weight: number }[] = [];
  #openWeight = 0;
  #isComplete = false;
  #failure: { error: unknown } | undefined;
  #changed: () => void = () => {};
  #room: () => void = () => {};

  constructor(private readonly openWeightMax: number) {}

  /** Resolves when the next may be added. */
  async add(answer: Promise<Answer>, weight: number): Promise<void> {
    this.#open.push({ answer, weight });
    this.#openWeight += weight;
    this.#changed();
    while (this.#openWeight > this.openWeightMax) await new Promise<void>((resolve) => (this.#room = resolve));
  }

  /** No more will come; with an error the reader gets that after the answers before it. */
  complete(failure?: { error: unknown }): void {
    this.#isComplete = true;
    this.#failure = failure;
    this.#changed();
  }

  /** Nobody reads any more: who waits to add goes on and finds no bound. */
  abandon(): void {
    this.#openWeight = Number.NEGATIVE_INFINITY;
    this.#room();
  }

  async *inOrder(): AsyncGenerator<Answer> {
    try {
      for (;;) {
        const next = this.#open.shift();
        if (next) {
          yield await next.answer;
          this.#openWeight -= next.weight;
          this.#room();
        } else if (this.#isComplete) {
          if (this.#failure) throw this.#failure.error;
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
