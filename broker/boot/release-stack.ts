/** Closes what was opened, in reverse order, each once; one that fails to close keeps none of the others open. */
export class ReleaseStack {
  readonly #stack: { what: string; release: () => unknown }[] = [];
  #released: Promise<void> | undefined;

  constructor(private readonly onFailure: (what: string, error: unknown) => void) {}

  add(what: string, release: () => unknown): void {
    this.#stack.push({ what, release });
  }

  /** Safe to call twice: both calls wait for the same end. */
  releaseAll(): Promise<void> {
    this.#released ??= this.#run();
    return this.#released;
  }

  async #run(): Promise<void> {
    for (let top = this.#stack.pop(); top; top = this.#stack.pop()) {
      try {
        await top.release();
      } catch (error) {
        this.onFailure(top.what, error);
      }
    }
  }
}
