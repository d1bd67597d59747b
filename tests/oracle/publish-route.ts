import '../../proto/event/protobuf.js'; // switches Long off in this process: before the first message is made, or not at all
import protobuf from 'protobufjs';
import type { EntryDocument } from '../../proto/entry/entry.js';
import type { SourceEvent } from '../../proto/event/event.js';
import type { PublishResult, Subprotocol } from '../../proto/frames/frames.js';
import type { RawSession } from '../support/raw-client/raw-client.js';
import {
  CallFailedError,
  type HttpAddress,
  mustCall,
  publishBatch,
  publishLines,
  publishSingly,
} from '../support/raw-client/raw-http.js';
import { RawRecord } from '../support/raw-client/raw-record.js';
import type { Route } from './stories/scenario.js';

/** Events per call or frame, well below the broker's limits. */
const EVENTS_AT_ONCE = 250;
const ATTEMPTS_MAX = 20;
/** Interval of attempts. */
const RETRY_MS = 100;

export interface RouteDeps {
  source: HttpAddress;
  /** Undefined until the first frame is published. */
  session(): Promise<RawSession>;
  encoding: Subprotocol;
  entry(): EntryDocument;
}

export interface Published {
  event: SourceEvent;
  result: PublishResult;
  /**
   * True when this event or one before it was retried: whether the first attempt was stored is unknown,
   * and later events may have been stored before it.
   */
  isUncertain: boolean;
}

/** Publishes in order, retries transient failures, and returns the outcome of each event. */
export async function publishBy(route: Route, events: readonly SourceEvent[], deps: RouteDeps): Promise<Published[]> {
  const published: Published[] = [];
  for (let start = 0; start < events.length; start += EVENTS_AT_ONCE) {
    published.push(...(await publishChunk(route, events.slice(start, start + EVENTS_AT_ONCE), deps)));
  }
  return published;
}

async function publishChunk(route: Route, events: SourceEvent[], deps: RouteDeps): Promise<Published[]> {
  const published: Published[] = [];
  let due = [...events.keys()];
  let firstRetried = Number.POSITIVE_INFINITY;
  for (let attempt = 1; due.length > 0; attempt++) {
    const sent = due.map((index) => events[index] as SourceEvent);
    const results = await publishSome(route, sent, deps).catch(whenAway(sent.length));
    for (const [i, index] of due.entries()) {
      const event = events[index] as SourceEvent;
      published[index] = { event, result: results[i] ?? {}, isUncertain: false };
    }
    due = attempt < ATTEMPTS_MAX ? due.filter((index) => isPassing(published[index]?.result)) : [];
    firstRetried = Math.min(firstRetried, due[0] ?? firstRetried);
    if (due.length > 0) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  return published.map((one, index) => ({ ...one, isUncertain: index >= firstRetried }));
}

/** Thrown when the whole call was answered 503, since the store answered for none of the events in time. */
function whenAway(count: number): (error: unknown) => PublishResult[] {
  return (error) => {
    const problem = error instanceof CallFailedError ? (error.answer.json as PublishResult['problem']) : undefined;
    if (problem?.status !== 503) throw error;
    return Array.from({ length: count }, () => ({ problem }));
  };
}

/** True for a store that did not answer in time, and for events that waited behind such a failure. */
function isPassing(result: PublishResult | undefined): boolean {
  const code = result?.problem?.code;
  return code === 'STORE_UNAVAILABLE' || code === 'PRECEDING_FAILED';
}

function publishSome(route: Route, events: SourceEvent[], deps: RouteDeps): Promise<PublishResult[]> {
  switch (route) {
    case 'singly':
      return publishSingly(deps.source, events);
    case 'batch':
      return publishBatch(deps.source, events);
    case 'lines':
      return publishLines(
        deps.source,
        events.map((event) => JSON.stringify(event)),
      );
    case 'frame':
      return publishFrame(events, deps);
  }
}

async function publishFrame(events: SourceEvent[], deps: RouteDeps): Promise<PublishResult[]> {
  const session = await deps.session();
  if (deps.encoding !== 'sluice.v1.protobuf') return session.publish(events);
  const record = await recordOf(deps.source, deps.entry());
  return session.publish(
    events.map(({ data, previous, ...head }) => ({
      ...head,
      ...(data === undefined ? {} : { data: record.encode(data) }),
      ...(previous === undefined ? {} : { previous: record.encode(previous) }),
    })),
  );
}

/** The protobuf message of the entry, numbered as in its event.proto. */
async function recordOf(source: HttpAddress, entry: EntryDocument): Promise<RawRecord> {
  const { text } = await mustCall(source, 'GET', `/v1/catalog/${entry.id}/event.proto`);
  const { root, package: packageName } = protobuf.parse(text, { keepCase: true });
  const [message] = (root.lookup(packageName ?? '') as protobuf.Namespace).nestedArray;
  const fields = (message as protobuf.Type).fields;
  return new RawRecord(entry.items.map((item) => ({ ...item, number: fields[item.name]?.id ?? 0 })));
}
