import { decodeEnvelope } from '../../../proto/event/envelope.js';
import type { Bus } from '../../nats/bus.js';
import { pagesOf, sequenceAt, streamEnds } from '../../nats/read/log-reader.js';
import type { WaitingEvent } from '../queue/waiting-event.js';
import type { RecentIds } from './recent-ids.js';

/** JetStream's duplicate window, and ten seconds for clocks that differ. */
const LOOK_BACK_MS = 130_000;
const PAGE_MESSAGES = 1_000;
const PAGE_BYTES = 4 * 1024 * 1024;
/** Newest messages of the log that are read at most, at about 100,000 per second: the partition waits meanwhile. */
const READ_MESSAGES_MAX = 300_000;

/**
 * Finds which events are in the log already and remembers where; false when none of them is. Only the log can answer:
 * JetStream refuses a batch without naming the duplicate, and sending the members singly would store some of them. Events with a
 * source position are not looked for: they carry no message id, so none of them was the reason.
 */
export async function findDuplicates(
  bus: Bus,
  stream: string,
  events: readonly WaitingEvent[],
  recent: RecentIds,
): Promise<boolean> {
  const { last } = await streamEnds(bus, stream);
  const since = await sequenceAt(bus, stream, new Date(Date.now() - LOOK_BACK_MS));
  const after = Math.max(since - 1, last - READ_MESSAGES_MAX);
  let isFound = false;
  for (const [subject, ids] of idsBySubject(events)) {
    for await (const page of pagesOf(bus, { stream, subject, after, limit: PAGE_MESSAGES, maxBytes: PAGE_BYTES })) {
      for (const { data, position } of page) {
        const { sourceId: id, sourcePosition } = decodeEnvelope(data);
        if (sourcePosition !== undefined) continue;
        // Remember the others as well: a source that sends everything again after a restart sends them next.
        recent.add(subject, id, position);
        if (ids.has(id)) isFound = true;
      }
    }
  }
  return isFound;
}

function idsBySubject(events: readonly WaitingEvent[]): Map<string, Set<string>> {
  const ids = new Map<string, Set<string>>();
  for (const { identity, subject } of events) {
    if (identity === undefined) continue;
    const known = ids.get(subject);
    if (known) known.add(identity);
    else ids.set(subject, new Set([identity]));
  }
  return ids;
}
