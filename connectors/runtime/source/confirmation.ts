/** Lets a source wait until the bus has what it gave. */
export class Confirmation {
  #isConfirmed = false;
  #wake: (() => void) | undefined;

  confirm(): void {
    this.#isConfirmed = true;
    this.#wake?.();
  }

  /** Resolves when it was given, or the signal has come. */
  async confirmed(signal: AbortSignal): Promise<void> {
    if (this.#isConfirmed || signal.aborted) return;
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
