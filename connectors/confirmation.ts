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
      this.#wake = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
