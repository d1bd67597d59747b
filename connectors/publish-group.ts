import { ERROR_KINDS, type ErrorCode, type Problem } from '../proto/errors.js';
import type { PublishResult } from '../proto/frames.js';
import { publishBatch } from './client/batch-publisher.js';
import { ClientError, ConnectionLostError } from './client/errors.js';
import { BusRefusesError } from './connector-errors.js';
import type { BatchPart, EncodedEvent } from './encoded-batch.js';
import { GROUP_EVENTS_MAX } from './round.js';

export interface PublishGroupDeps {
  url: string;
  token: string;
  signal: AbortSignal;
  /** Something passes by itself; resolves when it is time for the next attempt. */
  waitOut(error: ClientError): Promise<void>;
  answered(counts: { stored: number; duplicates: number }): void;
  /** The bus has put the event aside for its source to repair. */
  refused(id: string, problem: Problem): void;
}

/** Of one request: the bus takes 16 MiB. */
const REQUEST_BYTES_MAX = 12 * 1024 * 1024;

/** Problems of an event that do not end in the quarantine: nothing of this entry would ever arrive. */
const NOTHING_PASSES: ReadonlySet<ErrorCode> = new Set([
  'NOT_AUTHENTICATED',
  'NOT_ALLOWED',
  'FOREIGN_ENTRY',
  'FOREIGN_SOURCE',
  'UNKNOWN_ENTRY',
]);

/**
 * Resolves when every event of the group is stored or quarantined. What belongs together goes as an atomic batch, several
 * transactions in one; when one event of it can't be taken the batch is taken apart, down to the transaction, which then goes
 * event by event: the bad one into quarantine, the others on their way.
 */
export async function publishGroup(parts: readonly BatchPart[], deps: PublishGroupDeps): Promise<void> {
  const requests = requestsOf(parts.flatMap(({ events }) => events));
  const isTogether = parts.some(({ together }) => together);
  if (!isTogether || requests.length > 1) {
    for (const request of requests) await publishAll(request, false, deps);
    return;
  }
  const isDone = await publishAll(requests[0]!, true, deps);
  if (isDone || deps.signal.aborted) return;
  if (parts.length === 1) await publishAll(requests[0]!, false, deps);
  else for (const part of parts) await publishGroup([part], deps);
}

function requestsOf(events: readonly EncodedEvent[]): EncodedEvent[][] {
  const requests: EncodedEvent[][] = [];
  let room = { events: 0, bytes: 0 };
  for (const event of events) {
    if (room.events === 0 || room.bytes < event.bytes) {
      requests.push([]);
      room = { events: GROUP_EVENTS_MAX, bytes: REQUEST_BYTES_MAX };
    }
    requests.at(-1)!.push(event);
    room = { events: room.events - 1, bytes: room.bytes - event.bytes };
  }
  return requests;
}

/** False when an atomic batch was refused, of which nothing is stored then. */
async function publishAll(events: EncodedEvent[], atomic: boolean, deps: PublishGroupDeps): Promise<boolean> {
  while (!deps.signal.aborted) {
    const results = await attempt(events, atomic, deps);
    if (!results) continue;
    const problems = results.flatMap(({ problem }) => (problem ? [problem] : []));
    const hopeless = problems.find(({ code }) => NOTHING_PASSES.has(code));
    if (hopeless) throw new BusRefusesError(`${hopeless.code}: ${hopeless.detail}`);
    const later = problems.find(isForLater);
    if (later) {
      await deps.waitOut(new ConnectionLostError(later.detail, later.code));
      continue;
    }
    if (atomic && problems.length > 0) return false;
    settle(events, results, deps);
    return true;
  }
  return true;
}

/** Undefined when it has to be made again. */
async function attempt(
  events: EncodedEvent[],
  atomic: boolean,
  { url, token, signal, waitOut }: PublishGroupDeps,
): Promise<PublishResult[] | undefined> {
  const texts = events.map(({ text }) => text);
  try {
    return await publishBatch(texts, { url, token, atomic, signal });
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!(error instanceof ClientError) || !error.retryable) throw error;
    await waitOut(error);
    return undefined;
  }
}

function settle(events: EncodedEvent[], results: PublishResult[], deps: PublishGroupDeps): void {
  let stored = 0;
  let duplicates = 0;
  results.forEach(({ problem, duplicate }, index) => {
    if (problem) deps.refused(events[index]!.id, problem);
    else if (duplicate) duplicates++;
    else stored++;
  });
  deps.answered({ stored, duplicates });
}

const isForLater = ({ code, status }: Problem): boolean => ERROR_KINDS[code]?.retryable ?? status >= 500;
