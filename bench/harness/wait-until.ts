const POLL_MS = 25;

/** Polls until `holds` returns true; rejects with what was awaited after the deadline. */
export async function waitUntil(
  what: string,
  timeoutMs: number,
  holds: () => Promise<boolean> | boolean,
): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`${what} did not happen within ${timeoutMs / 1000} s`);
    await pause(POLL_MS);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
