import { Backoff } from '../backoff.js';
import type { ConnectorContext } from '../connector-context.js';
import { PeerGoneError } from '../connector-errors.js';
import { Outbox } from './outbox.js';
import type { Source } from './source.js';

/** Often enough for a graph; each reading costs the source a query. */
const LAG_INTERVAL_MS = 5_000;

/** Publishes the changes of a source until the signal is aborted or the source ends. Retries transient failures and throws others. */
export async function runSource(source: Source, context: ConnectorContext, signal: AbortSignal): Promise<void> {
  // A failure of the source ends publishing, and the other way round. `AbortSignal.any` would look at all of its parts whenever it is
  // asked, and a source asks for each change.
  const stop = new AbortController();
  const end = (): void => stop.abort(signal.reason);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  const outbox = new Outbox(context, stop.signal, end);
  const stopLag = pollLag(source, context);
  try {
    await readUntilDone(source, outbox, context, stop.signal);
  } finally {
    stopLag();
    end();
    signal.removeEventListener('abort', end);
    await outbox.ended();
  }
}

async function readUntilDone(source: Source, outbox: Outbox, context: ConnectorContext, signal: AbortSignal) {
  const backoff = new Backoff(context.reconnect);
  while (!signal.aborted) {
    try {
      for await (const batch of source.changes(signal)) {
        backoff.succeeded();
        context.metrics.reached('peer');
        await outbox.add(batch);
        if (signal.aborted) return;
      }
      await outbox.idle();
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof PeerGoneError)) throw error;
      context.metrics.waits(error.side);
      context.log.warn(`waiting for the ${error.side === 'bus' ? 'bus' : 'source'}: ${error.message}`);
      await outbox.idle();
      await backoff.wait(signal, error.retryAfterMs);
    }
  }
}

function pollLag(source: Source, { metrics }: ConnectorContext): () => void {
  let isAsking = false;
  const ask = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    // The metric `up` reports an unreachable source; its lag is unknown meanwhile.
    const lag = await source.lag().catch(() => undefined);
    if (lag) metrics.lag(lag);
    isAsking = false;
  };
  const timer = setInterval(() => void ask(), LAG_INTERVAL_MS);
  return () => clearInterval(timer);
}
