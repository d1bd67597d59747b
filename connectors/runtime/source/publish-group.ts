import type { Problem } from '../../../proto/errors.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import type { BatchPart, EncodedEvent } from './encoded-batch.js';
import type { EntryAcceptedValues, KnownAcceptedValues } from './entry-accepted-values.js';
import { GROUP_EVENTS_MAX } from './publish-batch.js';
import { type PublishRequestDeps, publishRequest } from './publish-request.js';

export interface PublishGroupDeps extends PublishRequestDeps {
  acceptedValues: EntryAcceptedValues;
  answered(counts: { stored: number; duplicates: number }): void;
  /** The bus has quarantined the event for its source to repair. */
  refused(id: string, problem: Problem): void;
}

/** Limit of one request; the bus accepts 16 MiB. */
const REQUEST_BYTES_MAX = 12 * 1024 * 1024;

type Part = Pick<BatchPart, 'events' | 'atomic'>;

/**
 * Resolves once every event of the group is stored or quarantined. The group is sent as one atomic batch although its
 * transactions are independent, because the bus validates an atomic batch before it stores or quarantines any of it. So the
 * last accepted values of a record are on disk before a change of it goes to quarantine. After a crash it would be too late:
 * the bus then answers the refused event as a duplicate, like the stored ones.
 */
export async function publishGroup(parts: readonly BatchPart[], deps: PublishGroupDeps): Promise<void> {
  const requests = requestsOf(parts.flatMap(({ events }) => events));
  if (requests.length === 1) await publishParts(parts, deps);
  else for (const events of requests) await publishParts([{ events, atomic: false }], deps);
}

function requestsOf(events: readonly EncodedEvent[]): EncodedEvent[][] {
  const requests: EncodedEvent[][] = [];
  let capacity = { events: 0, bytes: 0 };
  for (const event of events) {
    if (capacity.events === 0 || capacity.bytes < event.bytes) {
      requests.push([]);
      capacity = { events: GROUP_EVENTS_MAX, bytes: REQUEST_BYTES_MAX };
    }
    requests.at(-1)!.push(event);
    capacity = { events: capacity.events - 1, bytes: capacity.bytes - event.bytes };
  }
  return requests;
}

/**
 * When an event is refused the batch is split: transactions with a refused event are sent event by event, so that only that
 * event is quarantined; all others stay atomic. Each recursive call has fewer events than its caller.
 */
async function publishParts(parts: readonly Part[], deps: PublishGroupDeps): Promise<void> {
  const events = parts.flatMap((part) => part.events);
  if (events.length === 0 || deps.signal.aborted) return;
  const refused = await publishAtomically(events, deps);
  if (!refused) return;
  if (refused.size === 0) {
    await publishHalves(parts, deps);
    return;
  }
  await deps.acceptedValues.loadSchema();
  const remembered = new Set<string>();
  for (const { isSplit, run } of runsOf(parts, refused)) {
    if (isSplit) await publishSplit(run, { refused, remembered }, deps);
    else await publishParts(run, deps);
  }
}

/** Undefined when everything is stored, or the signal was aborted; else the events refused for their own content. */
async function publishAtomically(
  events: readonly EncodedEvent[],
  deps: PublishGroupDeps,
): Promise<ReadonlySet<EncodedEvent> | undefined> {
  const unamended = new Set<EncodedEvent>();
  while (true) {
    const { texts, amended } = await deps.acceptedValues.prepare(events, unamended);
    const results = await publishRequest(texts, true, deps);
    if (!results) return undefined;
    const refused = new Set(events.filter((_event, index) => isOwnRefusal(results[index]!)));
    const suspects = [...amended].filter((event) => refused.has(event));
    if (suspects.length > 0) {
      // The refusal may be due to the amended previous image, so these are sent as their source gave them.
      for (const event of suspects) unamended.add(event);
      continue;
    }
    for (const event of unamended) if (!refused.has(event)) deps.acceptedValues.unusable(event);
    if (results.some(({ problem }) => problem)) return refused;
    settle(events, results, deps);
    return undefined;
  }
}

const isOwnRefusal = ({ problem }: PublishResult): boolean => problem !== undefined && problem.code !== 'BATCH_REFUSED';

/** The batch as a whole was refused, for its size in the store. */
async function publishHalves(parts: readonly Part[], deps: PublishGroupDeps): Promise<void> {
  const [only] = parts;
  const pieces = parts.length > 1 ? parts : only!.events.map((event) => ({ events: [event], atomic: false }));
  if (pieces.length === 1) {
    await publishEachAlone(only!.events, new Set(), deps);
    return;
  }
  const middle = Math.ceil(pieces.length / 2);
  await publishParts(pieces.slice(0, middle), deps);
  await publishParts(pieces.slice(middle), deps);
}

/** Runs of transactions that stay atomic, and between them runs that are sent event by event. */
function runsOf(parts: readonly Part[], refused: ReadonlySet<EncodedEvent>): { isSplit: boolean; run: Part[] }[] {
  const runs: { isSplit: boolean; run: Part[] }[] = [];
  for (const part of parts) {
    const isSplit = !part.atomic || part.events.some((event) => refused.has(event));
    const last = runs.at(-1);
    if (last?.isSplit === isSplit) last.run.push(part);
    else runs.push({ isSplit, run: [part] });
  }
  return runs;
}

interface Judged {
  refused: ReadonlySet<EncodedEvent>;
  /** Subjects of the refused events sent so far. */
  remembered: Set<string>;
}

/**
 * Sends one request up to the point where a record with a refused change would have a second change in it: the last accepted
 * values must be known before the next change of the record is sent. A change behind a refused one is validated anew, even if
 * it was refused with it, because the reason may have been the refused values in its previous image.
 */
async function publishSplit(parts: readonly Part[], judged: Judged, deps: PublishGroupDeps): Promise<void> {
  const { refused, remembered } = judged;
  const events = parts.flatMap((part) => part.events);
  const taken = new Set<string>();
  const cut = events.findIndex((event) => {
    const subject = deps.acceptedValues.subjectOf(event);
    const mustWait = remembered.has(subject) || (refused.has(event) && taken.has(subject));
    if (mustWait && subject !== '') return true;
    (refused.has(event) ? remembered : taken).add(subject);
    return false;
  });
  const now = cut === -1 ? events : events.slice(0, cut);
  if (now.length > 0) await publishEachAlone(now, refused, deps);
  if (cut !== -1) await publishParts([{ events: events.slice(cut), atomic: false }], deps);
}

async function publishEachAlone(
  events: readonly EncodedEvent[],
  refused: ReadonlySet<EncodedEvent>,
  deps: PublishGroupDeps,
): Promise<void> {
  if (deps.signal.aborted) return;
  const { acceptedValues } = deps;
  const refusedEvents = events.filter((event) => refused.has(event));
  const { texts } = await acceptedValues.prepare(events);
  const knownBefore = acceptedValues.known(refusedEvents);
  await acceptedValues.refused(refusedEvents);
  let isRepeated = false;
  const waitOut: PublishGroupDeps['waitOut'] = (error) => {
    isRepeated = true;
    return deps.waitOut(error);
  };
  const results = await publishRequest(texts, false, { ...deps, waitOut });
  if (!results) return;
  // An event stored long ago that the catalog would refuse today is a duplicate; so is one that an earlier attempt quarantined.
  settle(events, results, deps, isRepeated ? acceptedValues.known(refusedEvents) : knownBefore);
  // The catalog may have changed since the atomic attempt, so more events can be refused now.
  await acceptedValues.refused(events.filter((event, index) => results[index]!.problem && !refused.has(event)));
}

function settle(
  events: readonly EncodedEvent[],
  results: readonly PublishResult[],
  deps: PublishGroupDeps,
  known?: KnownAcceptedValues,
): void {
  let stored = 0;
  let duplicates = 0;
  results.forEach((result, index) => {
    const event = events[index]!;
    if (result.problem) {
      deps.refused(event.id, result.problem);
      return;
    }
    deps.acceptedValues.answered(event, result, known);
    if (result.duplicate) duplicates++;
    else stored++;
  });
  deps.answered({ stored, duplicates });
}
