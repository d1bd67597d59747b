import type { ItemField } from '../../../proto/entry/item-field.js';
import type { ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import type { PartitionReaders } from '../../event-log/partition-readers.js';
import { LogSegment } from '../segments/log-segment.js';
import type { LogSegments } from '../segments/log-segments.js';
import type { GrantSource } from '../subscriptions/grant-access.js';
import { type EntryLookup, fieldsOf } from '../views/entry-fields.js';
import type { View } from '../views/view.js';
import { PAGE_BYTES_MAX } from './page.js';

/** Segments read for one page: bounds how long a filter that matches little holds a request. */
const SEGMENTS_PER_PAGE = 16;

export interface PageEventsDeps {
  readers: PartitionReaders;
  segments: Pick<LogSegments, 'read'>;
  entries: EntryLookup;
}

export interface PageRange {
  after: number;
  limit: number;
  /** Bytes of the granted records; a page holds at least one event, however large. */
  bytesMax?: number | undefined;
}

/** Reads the events of one page from the recent tail or from segments of the log. */
export class PageEvents {
  constructor(private readonly deps: PageEventsDeps) {}

  /** `through` is the position up to which the log was read: everything granted up to there is in `events`. */
  async read(
    view: View,
    { history }: Pick<GrantSource, 'history'>,
    partition: number,
    { after, limit, bytesMax = PAGE_BYTES_MAX }: PageRange,
  ): Promise<{ events: ProjectedEvent[]; through: number }> {
    const events: ProjectedEvent[] = [];
    let through = after;
    let bytes = 0;
    for (let i = 0; i < SEGMENTS_PER_PAGE; i++) {
      const segment = await this.#segment(view, partition, through);
      const allowed = segment.since(history.fromMs);
      const projected = projectAfter(allowed, view, through, fieldsOf(this.deps.entries, view.entry));
      for (const event of projected) {
        bytes += event.record?.length ?? 0;
        const isFull = events.length === limit || (bytes > bytesMax && events.length > 0);
        if (isFull) return { events, through: events.at(-1)?.position ?? through };
        events.push(event);
      }
      if (segment.through <= through) break;
      through = segment.through;
      if (events.length === limit) break;
    }
    return { events, through };
  }

  /** Prefers the recent tail in memory to a read of the store. */
  async #segment(view: View, partition: number, after: number): Promise<LogSegment> {
    const { readers, segments } = this.deps;
    const { recent, head } = readers.at(partition);
    const events = recent.eventsAfter(after, view.entry);
    if (events) return new LogSegment(view.entry, after, head, events);
    return segments.read({ entry: view.entry, partition, after });
  }
}

/** A cached segment may begin before the position that was asked for. */
function projectAfter(
  segment: LogSegment,
  view: View,
  after: number,
  field: (name: string) => ItemField,
): ProjectedEvent[] {
  const events = segment.events.filter((event) => event.position > after);
  return [...new LogSegment(segment.entry, after, segment.through, events).projected(view, field)];
}
