import { TimeSlice } from '../../../proto/async/time-slice.js';
import { quarantineSubject } from '../../../proto/subject.js';
import type { Bus } from '../../nats/bus.js';
import { pageAfter } from '../../nats/read/log-reader.js';
import { QUARANTINE_STREAM } from '../../nats/streams.js';
import { decodeQuarantined, type QuarantinedEvent, RECORD_BYTES_MAX } from './quarantine-record.js';

export interface QuarantineItem extends QuarantinedEvent {
  /** Sequence in the quarantine stream: the `after` of the next page. */
  sequence: number;
}

/** Bytes of records as they are stored; a page has one at least, however large it is. */
const PAGE_BYTES_MAX = 2 * 1024 * 1024;

export interface QuarantinePage {
  events: QuarantineItem[];
  /** Others may follow: the page has as many as were asked for, or has no place for a large one. */
  more: boolean;
}

/** Reads rejected events for the system that sent them and for nobody else: these records hold personal data. */
export class QuarantineReader {
  constructor(private readonly bus: Bus) {}

  /** The next rejected events of `system` on `entry`; the caller makes sure that this system is asking. */
  async list(entry: string, system: string, after: number, limit: number): Promise<QuarantinePage> {
    const subject = quarantineSubject(entry, system);
    const query = { stream: QUARANTINE_STREAM, subject, after, limit, maxBytes: PAGE_BYTES_MAX };
    const messages = await pageAfter(this.bus, query);
    const events: QuarantineItem[] = [];
    let bytes = 0;
    await new TimeSlice().each(messages, ({ position, data }) => {
      events.push({ ...decodeQuarantined(data), sequence: position });
      bytes += data.length;
    });
    return { events, more: events.length === limit || bytes + RECORD_BYTES_MAX > PAGE_BYTES_MAX };
  }
}
