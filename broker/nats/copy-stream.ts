import { setTimeout as delay } from 'node:timers/promises';
import { Empty, errors, type Msg } from '@nats-io/transport-node';
import type { Bus } from './bus.js';

/** A store that hangs ends the copy; a server takes seconds to write a large stream to its disk. */
const ANSWER_MS_MAX = 60_000;
const CHUNK_BYTES = 256 * 1024;
/** Sent and not answered yet: between distant servers a chunk takes a round trip. Below the window that a server leaves open by itself. */
const CHUNKS_IN_FLIGHT_MAX = 16;
/** The servers of a cluster learn within milliseconds, under load within seconds, which of them restores a stream. */
const UNKNOWN_MS_MAX = 15_000;
const RETRY_MS = 50;

interface ApiAnswer {
  error?: { description: string };
  config?: Record<string, unknown>;
  state?: { messages: number; last_seq: number };
  deliver_subject?: string;
}

/** A stream could not be copied; the message names it and has the server's reason. */
export class StoreCopyError extends Error {
  override readonly name = 'StoreCopyError';
}

export interface CopiedStream {
  messages: number;
  lastPosition: number;
}

/**
 * Copies a stream with its positions, times and metadata by NATS' own snapshot and restore, while it is written to: what the
 * source held when the copy began arrives. Chunk after chunk, so that nothing piles up between a fast and a slow server.
 * Throws StoreCopyError, also when the target has the stream already or `signal` is aborted.
 */
export async function copyStream(
  from: Bus,
  to: Bus,
  name: string,
  { replicas, signal }: { replicas: number; signal: AbortSignal },
): Promise<CopiedStream> {
  const inbox = from.newInbox();
  const chunks = from.nc.subscribe(inbox, { timeout: ANSWER_MS_MAX });
  const stop = (): void => chunks.unsubscribe();
  signal.addEventListener('abort', stop);
  try {
    signal.throwIfAborted();
    const request = { deliver_subject: inbox, no_consumers: true, chunk_size: CHUNK_BYTES };
    const { config, state } = await api(from, `$JS.API.STREAM.SNAPSHOT.${name}`, request);
    // As `streams.ts` creates them: replicated streams are not compressed.
    const target = { ...config, num_replicas: replicas, compression: replicas > 1 ? 'none' : 's2' };
    const { deliver_subject } = await api(to, `$JS.API.STREAM.RESTORE.${name}`, { config: target, state });
    await deliverAll(chunks, to, deliver_subject as string);
    signal.throwIfAborted();
    const restored = await deliver(to, deliver_subject as string, Empty);
    const { messages = 0, last_seq = 0 } = restored.state ?? {};
    if (messages !== state?.messages) throw new Error(`${messages} of ${state?.messages} messages arrived`);
    return { messages, lastPosition: last_seq };
  } catch (error) {
    const why = signal.aborted ? 'interrupted' : (error as Error).message;
    throw new StoreCopyError(`${name} could not be copied: ${why}`, { cause: error });
  } finally {
    signal.removeEventListener('abort', stop);
    chunks.unsubscribe();
  }
}

/** The first chunk goes alone: until a server has taken it, it may have to be repeated, and others must not overtake it. Those after it are not repeated. */
async function deliverAll(chunks: AsyncIterable<Msg>, to: Bus, subject: string): Promise<void> {
  const inFlight: Promise<unknown>[] = [];
  let isTaken = false;
  for await (const chunk of chunks) {
    if (chunk.data.length === 0) {
      refuseFailedEnd(chunk);
      break;
    }
    const delivered = (isTaken ? send : deliver)(to, subject, chunk.data).then(() => chunk.respond(Empty));
    // Awaited below, perhaps after a later one has failed too.
    delivered.catch(() => undefined);
    inFlight.push(delivered);
    if (!isTaken || inFlight.length >= CHUNKS_IN_FLIGHT_MAX) await inFlight.shift();
    isTaken = true;
  }
  await Promise.all(inFlight);
}

/** The end of a snapshot that broke off has a status. */
function refuseFailedEnd({ headers }: Msg): void {
  if (headers && headers.code >= 300) throw new Error(`the snapshot ended early: ${headers.description}`);
}

/** Repeated while no server takes it: nothing was handed to anybody then. */
async function deliver(bus: Bus, subject: string, data: Uint8Array): Promise<ApiAnswer> {
  const giveUpAt = performance.now() + UNKNOWN_MS_MAX;
  for (;;) {
    try {
      return await send(bus, subject, data);
    } catch (error) {
      const isUnknown = error instanceof errors.RequestError && error.isNoResponders();
      if (!isUnknown || performance.now() > giveUpAt) throw error;
    }
    await delay(RETRY_MS);
  }
}

const api = (bus: Bus, subject: string, body: object): Promise<ApiAnswer> => send(bus, subject, JSON.stringify(body));

async function send(bus: Bus, subject: string, data: string | Uint8Array): Promise<ApiAnswer> {
  const answer = await bus.nc.request(subject, data, { timeout: ANSWER_MS_MAX });
  if (answer.data.length === 0) return {};
  const parsed = answer.json<ApiAnswer>();
  if (parsed.error) throw new Error(parsed.error.description);
  return parsed;
}
