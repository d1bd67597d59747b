import { decodeEnvelope } from '../../proto/envelope.js';
import type { Bus } from '../nats/bus.js';
import { pagesOf, sequenceAt } from '../nats/log-reader.js';
import type { RecentIds } from './recent-ids.js';
import type { WaitingEvent } from './waiting-event.js';

/** JetStream's duplicate window and some seconds for clocks that differ. */
const LOOK_BACK_MS = 130_000;
const PAGE_MESSAGES = 1_000;
const PAGE_BYTES = 4 * 1024 * 1024;
/** A source that published more than this within the window has to wait for its end; reading goes at 100,000 a second. */
const READ_MESSAGES_MAX = 300_000;

/**
 * Finds which events of an atomic batch are in the log already and remembers their positions. Only the log can tell:
 * JetStream refuses the batch without naming the duplicate, and sending the members singly would store some of them.
 */
export async function findDuplicates(
  bus: Bus,
  stream: string,
  events: readonly WaitingEvent[],
  recent: RecentIds,
): Promise<void> {
  const { subject } = events[0]!.fields.route;
  const wanted = new Set(events.map((event) => event.fields.id));
  const after = (await sequenceAt(bus, stream, new Date(Date.now() - LOOK_BACK_MS))) - 1;
  let read = 0;
  for await (const page of pagesOf(bus, { stream, subject, after, limit: PAGE_MESSAGES, maxBytes: PAGE_BYTES })) {
    for (const { data, position } of page) {
      const id = decodeEnvelope(data).sourceId;
      if (wanted.has(id)) recent.add(subject, id, position);
    }
    read += page.length;
    if (read >= READ_MESSAGES_MAX) return;
  }
}
