import { setTimeout as delay } from 'node:timers/promises';
import { JetStreamApiError } from '@nats-io/jetstream';
import { StoreUnavailableError, storeError } from './store-errors.js';

/**
 * An election takes 4 to 8 s, a server that recovers large streams longer; a start that hangs must end at some time.
 */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 250;
/** Errors of the client when nobody answers a call. */
const UNANSWERED: ReadonlySet<string> = new Set(['TimeoutError', 'NoRespondersError', 'RequestError']);

/** A server of a cluster that has just been formed, or restarted, counts as offline for a moment; one that is missing is reported without this word. */
const NO_PEERS = 10005;
const PEER_OFFLINE = 'peer offline';

/** Repeats a call during the start of a broker while the store does not answer. The call must be safe to repeat. */
export async function whenAvailable<T>(call: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!passes(error) || performance.now() > giveUpAt) throw error;
    }
    await delay(PAUSE_MS);
  }
}

function passes(error: unknown): boolean {
  const refusal = error instanceof JetStreamApiError ? error.apiError() : undefined;
  if (refusal?.err_code === NO_PEERS) return refusal.description.includes(PEER_OFFLINE);
  const found = refusal ? storeError(refusal) : error;
  return found instanceof StoreUnavailableError || (found instanceof Error && UNANSWERED.has(found.name));
}
