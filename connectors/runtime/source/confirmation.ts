/** Lets a source wait until the bus has what it gave. */
export class Confirmation {
  #isGiven = false;
  #wake: (() => void) | undefined;

  give(): void {
    this.#isGiven = true;
    this.#wake?.();
  }

  /** Resolves when it was given, or the signal has come. */
  async given(signal: AbortSignal): Promise<void> {
    if (this.#isGiven || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done);
    });
  }
}
