/** A condition that a test awaited did not become true in time; the message names it. */
export class NeverHappenedError extends Error {
  override readonly name = 'NeverHappenedError';
}

/** Lets tests wait until a condition holds; its owner calls `changed` whenever it may have become true. */
export class Condition {
  readonly #waiting = new Set<() => void>();

  changed(): void {
    for (const check of [...this.#waiting]) check();
  }

  /** Rejects with NeverHappenedError after `timeoutMs`, or with what `holds` throws. */
  until(holds: () => boolean, what: () => string, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: unknown): void => {
        this.#waiting.delete(check);
        clearTimeout(timer);
        if (error === undefined) resolve();
        else reject(error);
      };
      const check = (): void => {
        try {
          if (holds()) done();
        } catch (error) {
          done(error);
        }
      };
      const timer = setTimeout(
        () => done(new NeverHappenedError(`after ${timeoutMs} ms still waiting for ${what()}`)),
        timeoutMs,
      );
      this.#waiting.add(check);
      check();
    });
  }
}

const POLL_MS = 20;

/** Polls until `holds` returns true, for conditions that nothing announces. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs: number,
): Promise<void> {
  const giveUpAt = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new NeverHappenedError(`after ${timeoutMs} ms still waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
