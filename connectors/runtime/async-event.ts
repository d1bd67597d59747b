/**
 * An auto-reset event: lets one task sleep until another has something for it. A `set` that comes before the wait is not
 * lost, and several of them count as one. One task at a time may wait.
 */
export class AsyncEvent {
  #isSet = false;
  #resume: (() => void) | undefined;

  set(): void {
    this.#isSet = true;
    this.#resume?.();
  }

  /** Resolves when the event is set, which resets it, or when the signal is aborted. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#isSet && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const resume = (): void => {
          signal.removeEventListener('abort', resume);
          resolve();
        };
        this.#resume = resume;
        signal.addEventListener('abort', resume);
      });
    }
    this.#isSet = false;
    this.#resume = undefined;
  }
}
