/** Lets one piece of work sleep until another has something for it. */
export class ChangeSignal {
  #isCalled = false;
  #resume: (() => void) | undefined;

  call(): void {
    this.#isCalled = true;
    this.#resume?.();
  }

  /** Resolves at the next call, at once when one came since the last wait, or when the signal is aborted. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#isCalled && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const resume = () => {
          signal.removeEventListener('abort', resume);
          resolve();
        };
        this.#resume = resume;
        signal.addEventListener('abort', resume);
      });
    }
    this.#isCalled = false;
    this.#resume = undefined;
  }
}
