import { setTimeout as delay } from 'node:timers/promises';
import { Empty, errors, type Msg } from '@nats-io/transport-node';
import type { Bus } from './bus.js';

/** A store that hangs ends the copy; a server takes seconds to write a large stream to its disk. */
const ANSWER_MS_MAX = 60_000;
const CHUNK_BYTES = 256 * 1024;
/** The servers of a cluster learn within milliseconds, under load within seconds, which of them restores a stream. */
const UNKNOWN_MS_MAX = 15_000;
const RETRY_MS = 50;

interface ApiAnswer {
  error?: { description: string };
  config?: Record<string, unknown>;
  state?: { messages: number; last_seq: number };
  deliver_subject?: string;
}

export interface CopiedStream {
  messages: number;
  lastPosition: number;
}

/**
 * Copies a stream with its positions, times and metadata by NATS' own snapshot and restore, while it is written to: what the
 * source held when the copy began arrives. Chunk after chunk, so that nothing piles up between a fast and a slow server.
 * Throws when the target has the stream already.
 */
export async function copyStream(from: Bus, to: Bus, name: string, replicas: number): Promise<CopiedStream> {
  const inbox = from.newInbox();
  const chunks = from.nc.subscribe(inbox, { timeout: ANSWER_MS_MAX });
  try {
    const request = { deliver_subject: inbox, no_consumers: true, chunk_size: CHUNK_BYTES };
    const { config, state } = await api(from, `$JS.API.STREAM.SNAPSHOT.${name}`, request);
    // As `streams.ts` creates them: replicated streams are not compressed.
    const target = { ...config, num_replicas: replicas, compression: replicas > 1 ? 'none' : 's2' };
    const { deliver_subject } = await api(to, `$JS.API.STREAM.RESTORE.${name}`, { config: target, state });
    for await (const chunk of chunks) {
      if (chunk.data.length === 0) {
        refuseFailedEnd(name, chunk);
        break;
      }
      await deliver(to, deliver_subject as string, chunk.data);
      chunk.respond(Empty);
    }
    const restored = await deliver(to, deliver_subject as string, Empty);
    const { messages = 0, last_seq = 0 } = restored.state ?? {};
    if (messages !== state?.messages) throw new Error(`${name}: ${messages} of ${state?.messages} messages arrived`);
    return { messages, lastPosition: last_seq };
  } finally {
    chunks.unsubscribe();
  }
}

/** The end of a snapshot that broke off has a status. */
function refuseFailedEnd(name: string, { headers }: Msg): void {
  if (headers && headers.code >= 300) throw new Error(`${name}: the snapshot ended early: ${headers.description}`);
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
  if (parsed.error) throw new Error(`${subject}: ${parsed.error.description}`);
  return parsed;
}
