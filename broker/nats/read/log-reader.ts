import { setTimeout as delay } from 'node:timers/promises';
import { DeliverPolicy, type StreamInfo } from '@nats-io/jetstream';
import { deferred } from '@nats-io/transport-node';
import type { Bus } from '../bus.js';
import { asStoreError, StoreUnavailableError } from '../store-errors.js';
import type { StoredMessage } from '../stored-message.js';
import type { DirectGetRequest } from './direct-get.js';
import { directGet } from './direct-get.js';
import { assertProven, leaderEndOf } from './leader-end.js';
import { lastOf } from './leader-get.js';
import { PushConsumer } from './push-consumer.js';

/** A server drops a client that it owes 64 MiB, and with it everything else on that connection. */
const PAGE_BYTES_MAX = 4 * 1024 * 1024;

export interface ReadAfter {
  stream: string;
  /** Position before the first one to read. */
  after: number;
  /** May end in a wildcard token. */
  subject: string;
  limit: number;
  /** Default 4 MiB. */
  maxBytes?: number;
}

/** Interval of polls while replicas lag. */
const LAG_WAIT_MS = 250;
/** Half a minute: a replica that was away for minutes takes that long, but another one has answered by then. */
const LAG_ATTEMPTS = 120;

/**
 * Reads the next messages of a subject, ascending. Fewer than `limit` do not mean the end; nor does an empty answer of
 * a stream with replicas, since the replica that answered may lag. Use `pagesOf` where the end must be the end.
 */
export function readAfter(bus: Bus, query: ReadAfter): Promise<StoredMessage[]> {
  const request: DirectGetRequest = { seq: query.after + 1, next_by_subj: query.subject, batch: query.limit };
  request.max_bytes = query.maxBytes ?? PAGE_BYTES_MAX;
  return directGet(bus, query.stream, request);
}

/**
 * Reads all messages of a subject after a position up to the present end of the stream's leader (or to `through`), page
 * by page; the last page may go beyond it. Waits for lagging replicas.
 */
export async function* pagesOf(
  bus: Bus,
  { through = Number.POSITIVE_INFINITY, ...query }: ReadAfter & { through?: number },
): AsyncGenerator<StoredMessage[]> {
  const { stream, subject } = query;
  let { after } = query;
  const end = async (): Promise<number> => Math.min(through, (await lastOf(bus, stream, subject))?.position ?? 0);
  let last = await end();
  for (let attempt = 1; after < last; ) {
    const page = await readAfter(bus, { ...query, after });
    const newest = page.at(-1);
    if (newest) {
      attempt = 1;
      after = newest.position;
      yield page;
      continue;
    }
    if (attempt++ === LAG_ATTEMPTS) throw lagging(stream);
    await delay(LAG_WAIT_MS);
    // Messages that expired meanwhile never arrive.
    last = await end();
  }
}

/** Reads the next messages of a subject, at least one unless the stream's leader has none. */
export async function pageAfter(bus: Bus, query: ReadAfter): Promise<StoredMessage[]> {
  for await (const page of pagesOf(bus, query)) return page;
  return [];
}

/** First and last sequence on the leader; an empty stream has `first` one above `last`. */
export async function streamEnds(bus: Bus, stream: string): Promise<{ first: number; last: number }> {
  const { state } = await streamInfo(bus, stream);
  return { first: state.first_seq === 0 ? 1 : state.first_seq, last: state.last_seq };
}

/**
 * Last sequence for callers that would conclude from it that something is missing: a leader that was replaced has less.
 */
export async function provenEnd(bus: Bus, stream: string): Promise<number> {
  return (await provenInfo(bus, stream)).state.last_seq;
}

/** Stream information from a leader that has certainly not been replaced. */
export async function provenInfo(bus: Bus, stream: string): Promise<StreamInfo> {
  const askedAtMs = performance.now();
  const info = await streamInfo(bus, stream);
  assertProven(leaderEndOf(info, askedAtMs), askedAtMs, stream);
  return info;
}

/**
 * Stream information from the leader. Throws StoreUnavailableError while there is none, when any replica would answer
 * with its own state.
 */
export async function streamInfo(bus: Bus, stream: string): Promise<StreamInfo> {
  const info = await bus.jsm.streams.info(stream).catch((error) => {
    throw asStoreError(error);
  });
  if (info.config.num_replicas > 1 && !info.cluster?.leader)
    throw new StoreUnavailableError(`${stream} has no leader`, false);
  return info;
}

/** Messages that a stream holds on the subjects of a filter. */
export async function messagesOn(bus: Bus, stream: string, filter: string): Promise<number> {
  return Object.values(await messagesBySubject(bus, stream, filter)).reduce((sum, messages) => sum + messages, 0);
}

/** Messages that a stream holds on each subject of a filter: some 50 bytes of answer for each. */
export async function messagesBySubject(bus: Bus, stream: string, filter: string): Promise<Record<string, number>> {
  const info = await bus.jsm.streams.info(stream, { subjects_filter: filter }).catch((error) => {
    throw asStoreError(error);
  });
  return info.state.subjects ?? {};
}

/** Number of messages stored at or after `time`, as the replica that answers has them. */
export async function messagesSince(bus: Bus, stream: string, time: Date): Promise<number> {
  const [first] = await directGet(bus, stream, { start_time: time.toISOString(), batch: 1 });
  return first ? 1 + Number(first.headers?.get('Nats-Num-Pending') ?? 0) : 0;
}

/** Not `>`: for that the server looks at its last sequence only, which may have expired while earlier ones exist. */
const EVERYTHING = '*.>';

/** First sequence stored at or after `time`; one above the last when there is none. */
export async function sequenceAt(bus: Bus, stream: string, time: Date): Promise<number> {
  for (let attempt = 1; attempt <= LAG_ATTEMPTS; attempt++) {
    const [found] = await directGet(bus, stream, { start_time: time.toISOString(), batch: 1 });
    if (found) return found.position;
    // Read before the newest message, so that none which arrives in between is skipped.
    const { last } = await streamEnds(bus, stream);
    const newest = await lastOf(bus, stream, EVERYTHING);
    if (!newest) return last + 1;
    if (newest.timeMs < time.getTime()) return newest.position + 1;
    await delay(LAG_WAIT_MS);
  }
  throw lagging(stream);
}

/** A lost delivery restarts the load; three in a row mean that the store is failing. */
const LOAD_ATTEMPTS = 3;

/** Loads the newest message of every matching subject, in stream order: 40,000 of them take a fraction of a second. */
export async function lastPerSubject(bus: Bus, stream: string, filter: string): Promise<StoredMessage[]> {
  let interrupted = 0;
  for (let attempt = 1; attempt <= LAG_ATTEMPTS; attempt++) {
    const newest = (await lastOf(bus, stream, filter))?.position ?? 0;
    const loaded = await loadOnce(bus, stream, filter);
    if (!loaded && ++interrupted === LOAD_ATTEMPTS)
      throw new StoreUnavailableError(`reading ${stream} was interrupted`, false);
    // A consumer on a lagging replica ends before the end of the leader.
    if (loaded && (loaded.at(-1)?.position ?? 0) >= newest) return loaded;
    if (loaded) await delay(LAG_WAIT_MS);
  }
  throw lagging(stream);
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

const lagging = (stream: string): StoreUnavailableError =>
  new StoreUnavailableError(`the replicas of ${stream} lag behind`, false);
