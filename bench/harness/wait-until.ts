const POLL_MS = 25;

/** Looks again and again until `holds`; rejects with what was awaited when that takes too long. */
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
