/** Something was awaited and did not come true in time; the message says what. */
export class NeverHappenedError extends Error {
  override readonly name = 'NeverHappenedError';
}

/** Lets tests wait until something holds, looking again whenever its owner says that something changed. */
export class Condition {
  readonly #waiting = new Set<() => void>();

  changed(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Rejects with NeverHappenedError after `timeoutMs`, or with what `holds` throws. */
  until(holds: () => boolean, what: () => string, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: unknown): void => {
        this.#waiting.delete(look);
        clearTimeout(timer);
        if (error === undefined) resolve();
        else reject(error);
      };
      const look = (): void => {
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
      this.#waiting.add(look);
      look();
    });
  }
}

const POLL_MS = 20;

/** For what nobody announces: polls until `holds` answers true. */
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
