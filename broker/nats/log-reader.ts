import { DeliverPolicy } from '@nats-io/jetstream';
import { deferred } from '@nats-io/transport-node';
import type { Bus } from './bus.js';
import type { DirectGetRequest } from './direct-get.js';
import { directGet } from './direct-get.js';
import { PushConsumer } from './push-consumer.js';
import { asStoreError, StoreUnavailableError } from './store-errors.js';
import type { StoredMessage } from './stored-message.js';

export interface ReadAfter {
  stream: string;
  /** Position before the first one wanted. */
  after: number;
  /** May end in a wildcard token. */
  subject: string;
  limit: number;
  maxBytes?: number;
}

/** The next messages of a subject, ascending. Fewer than `limit` does not mean the end: only an empty answer does. */
export function readAfter(bus: Bus, query: ReadAfter): Promise<StoredMessage[]> {
  const request: DirectGetRequest = { seq: query.after + 1, next_by_subj: query.subject, batch: query.limit };
  if (query.maxBytes !== undefined) request.max_bytes = query.maxBytes;
  return directGet(bus, query.stream, request);
}

/** The newest message of a subject, which may have wildcards. */
export async function lastOf(bus: Bus, stream: string, subject: string): Promise<StoredMessage | undefined> {
  const [found] = await directGet(bus, stream, { last_by_subj: subject });
  return found;
}

/** First and last sequence; an empty stream has `first` one above `last`. */
export async function streamEnds(bus: Bus, stream: string): Promise<{ first: number; last: number }> {
  const { state } = await bus.jsm.streams.info(stream).catch((error) => {
    throw asStoreError(error);
  });
  return { first: state.first_seq === 0 ? 1 : state.first_seq, last: state.last_seq };
}

/** First sequence stored at or after `time`; one above the last when there is none. */
export async function sequenceAt(bus: Bus, stream: string, time: Date): Promise<number> {
  const [found] = await directGet(bus, stream, { start_time: time.toISOString(), batch: 1 });
  return found ? found.position : (await streamEnds(bus, stream)).last + 1;
}

/** A lost delivery starts the load again; three in a row mean that the store is going away. */
const LOAD_ATTEMPTS = 3;

/** The newest message of every subject that matches, in stream order: 40,000 of them load in a fraction of a second. */
export async function lastPerSubject(bus: Bus, stream: string, filter: string): Promise<StoredMessage[]> {
  for (let attempt = 1; ; attempt++) {
    const loaded = await loadOnce(bus, stream, filter);
    if (loaded) return loaded;
    if (attempt === LOAD_ATTEMPTS) throw new StoreUnavailableError(`reading ${stream} was interrupted`, false);
  }
}

async function loadOnce(bus: Bus, stream: string, filter: string): Promise<StoredMessage[] | undefined> {
  const loaded: StoredMessage[] = [];
  const finish = deferred<boolean>();
  const consumer = await PushConsumer.open(bus, {
    stream,
    config: { deliver_policy: DeliverPolicy.LastPerSubject, filter_subject: filter },
    onMessage: (message, pending) => {
      loaded.push(message);
      if (pending === 0) finish.resolve(true);
    },
    onBroken: () => finish.resolve(false),
  });
  const ended = bus.onStatus(() => finish.resolve(false));
  try {
    if (consumer.pendingAtStart === 0) return loaded;
    return (await finish) ? loaded : undefined;
  } finally {
    ended();
    consumer.close();
  }
}
