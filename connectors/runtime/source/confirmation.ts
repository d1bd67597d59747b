/** Lets a source wait until a batch of its own is confirmed. */
export class Confirmation {
  #isConfirmed = false;
  #wake: (() => void) | undefined;

  confirm(): void {
    this.#isConfirmed = true;
    this.#wake?.();
  }

  /** Resolves once it is confirmed, or the signal is aborted. */
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
