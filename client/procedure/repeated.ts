import { ApiError, ClientError } from '../errors.js';
import { pause } from '../pause.js';
import { reconnectDelayMs } from '../reconnect-policy.js';

const ATTEMPTS_MAX = 4;
const POLICY = { firstDelayMs: 300, delayMsMax: 5_000 };
/** A bus that asks for a longer pause is left to the caller. */
const RETRY_AFTER_MS_MAX = 10_000;

/** Makes a request that is safe to repeat again while its failure is one that ends by itself. Throws the last failure. */
export async function repeated<T>(request: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await request();
    } catch (error) {
      const isOver = attempt + 1 >= ATTEMPTS_MAX || signal?.aborted === true;
      if (isOver || !(error instanceof ClientError) || !error.retryable) throw error;
      const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
      if (asked > RETRY_AFTER_MS_MAX) throw error;
      const delayMs = Math.max(asked, reconnectDelayMs(attempt, POLICY, Math.random));
      await pause(delayMs, signal ?? new AbortController().signal);
    }
  }
}
