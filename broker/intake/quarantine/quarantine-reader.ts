import { quarantineSubject } from '../../../proto/subject.js';
import type { Bus } from '../../nats/bus.js';
import { pageAfter } from '../../nats/read/log-reader.js';
import { QUARANTINE_STREAM } from '../../nats/streams.js';
import { decodeQuarantined, type QuarantinedEvent } from './quarantine-record.js';

export interface QuarantineItem extends QuarantinedEvent {
  /** Sequence in the quarantine stream: the `after` of the next page. */
  sequence: number;
}

const PAGE_BYTES_MAX = 8 * 1024 * 1024;

/** Reads rejected events for the system that sent them and for nobody else: these records hold personal data. */
export class QuarantineReader {
  constructor(private readonly bus: Bus) {}

  /** The next rejected events of `system` on `entry`; the caller makes sure that this system is asking. */
  async list(entry: string, system: string, after: number, limit: number): Promise<QuarantineItem[]> {
    const subject = quarantineSubject(entry, system);
    const query = { stream: QUARANTINE_STREAM, subject, after, limit, maxBytes: PAGE_BYTES_MAX };
    const messages = await pageAfter(this.bus, query);
    return messages.map(({ position, data }) => ({ ...decodeQuarantined(data), sequence: position }));
  }
}
