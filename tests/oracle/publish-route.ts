import protobuf from 'protobufjs';
import type { EntryDocument } from '../../proto/entry.js';
import type { SourceEvent } from '../../proto/event.js';
import type { PublishResult, Subprotocol } from '../../proto/frames.js';
import type { RawSession } from '../support/raw-client.js';
import { type HttpAddress, mustCall, publishBatch, publishLines, publishSingly } from '../support/raw-http.js';
import { RawRecord } from '../support/raw-record.js';
import type { Route } from './scenario.js';

/** Events of one call or frame; well below what the broker takes at once. */
const EVENTS_AT_ONCE = 250;

export interface RouteDeps {
  source: HttpAddress;
  /** Opened when the first frame is published. */
  session(): Promise<RawSession>;
  encoding: Subprotocol;
  entry(): EntryDocument;
}

/** Publishes in order and answers one result per event. */
export async function publishBy(
  route: Route,
  events: readonly SourceEvent[],
  deps: RouteDeps,
): Promise<PublishResult[]> {
  const results: PublishResult[] = [];
  for (let start = 0; start < events.length; start += EVENTS_AT_ONCE) {
    results.push(...(await publishSome(route, events.slice(start, start + EVENTS_AT_ONCE), deps)));
  }
  return results;
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

/** The entry's message as its event.proto numbers it. */
async function recordOf(source: HttpAddress, entry: EntryDocument): Promise<RawRecord> {
  const { text } = await mustCall(source, 'GET', `/v1/catalog/${entry.id}/event.proto`);
  const { root, package: packageName } = protobuf.parse(text, { keepCase: true });
  const [message] = (root.lookup(packageName ?? '') as protobuf.Namespace).nestedArray;
  const fields = (message as protobuf.Type).fields;
  return new RawRecord(entry.items.map((item) => ({ ...item, number: fields[item.name]?.id ?? 0 })));
}
