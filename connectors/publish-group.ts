import { ERROR_KINDS, type ErrorCode, type Problem } from '../proto/errors.js';
import type { SourceEvent } from '../proto/event.js';
import type { PublishResult } from '../proto/frames.js';
import { publishBatch } from './client/batch-publisher.js';
import { ClientError, ConnectionLostError } from './client/errors.js';
import { BusRefusesError } from './connector-errors.js';
import type { EntryGroup } from './entry-group.js';

export interface PublishGroupDeps {
  url: string;
  token: string;
  signal: AbortSignal;
  /** Something passes by itself; resolves when it is time for the next attempt. */
  waitOut(error: ClientError): Promise<void>;
  answered(counts: { stored: number; duplicates: number }): void;
  /** The bus has put the event aside for its source to repair. */
  refused(event: SourceEvent, problem: Problem): void;
}

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
export async function publishGroup({ parts }: EntryGroup, deps: PublishGroupDeps): Promise<void> {
  const isAtomic = parts.some(({ together, events }) => together && events.length > 1);
  const events = parts.flatMap((part) => part.events);
  const refusal = await publishAll(events, isAtomic, deps);
  if (refusal === undefined || deps.signal.aborted) return;
  if (parts.length === 1) await publishAll(events, false, deps);
  else for (const part of parts) await publishGroup({ entry: '', parts: [part] }, deps);
}

/** The refusal of an atomic batch, of which nothing is stored then; undefined when each event has its end. */
async function publishAll(
  events: SourceEvent[],
  atomic: boolean,
  deps: PublishGroupDeps,
): Promise<Problem | undefined> {
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
    if (atomic && problems.length > 0) return problems[0];
    settle(events, results, deps);
    return undefined;
  }
  return undefined;
}

/** Undefined when it has to be made again. */
async function attempt(
  events: SourceEvent[],
  atomic: boolean,
  { url, token, signal, waitOut }: PublishGroupDeps,
): Promise<PublishResult[] | undefined> {
  try {
    return await publishBatch(events, { url, token, atomic, signal });
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!(error instanceof ClientError) || !error.retryable) throw error;
    await waitOut(error);
    return undefined;
  }
}

function settle(events: SourceEvent[], results: PublishResult[], deps: PublishGroupDeps): void {
  let stored = 0;
  let duplicates = 0;
  results.forEach(({ problem, duplicate }, index) => {
    if (problem) deps.refused(events[index]!, problem);
    else if (duplicate) duplicates++;
    else stored++;
  });
  deps.answered({ stored, duplicates });
}

const isForLater = ({ code, status }: Problem): boolean => ERROR_KINDS[code]?.retryable ?? status >= 500;
