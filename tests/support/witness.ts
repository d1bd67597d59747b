/** Asks a broker again and again while a test attacks it, and measures how long the slowest answer took. */
export class Witness {
  #isWatching = true;
  #slowestMs = 0;
  readonly #done: Promise<void>;

  constructor(
    url: string,
    private readonly intervalMs = 10,
  ) {
    this.#done = this.#watch(`${url}/healthz`);
    // Reported by `stop`.
    this.#done.catch(() => undefined);
  }

  /** The slowest answer in milliseconds. Rejects when one failed. */
  async stop(): Promise<number> {
    this.#isWatching = false;
    await this.#done;
    return this.#slowestMs;
  }

  async #watch(url: string): Promise<void> {
    while (this.#isWatching) {
      const startedMs = performance.now();
      const answer = await fetch(url);
      await answer.arrayBuffer();
      if (answer.status !== 200) throw new Error(`the witness was answered ${answer.status}`);
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - startedMs);
      await new Promise((resolve) => setTimeout(resolve, this.intervalMs));
    }
  }
}
