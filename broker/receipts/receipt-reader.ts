import type { Rows } from '../../proto/entry/rows.js';
import { receiptSubject } from '../../proto/subject.js';
import type { Bus } from '../nats/bus.js';
import { pageAfter, pagesOf } from '../nats/read/log-reader.js';
import type { StoredMessage } from '../nats/stored-message.js';
import { RECEIPTS_STREAM } from '../nats/streams.js';
import type { ReceiptOpening, ReceiptRecord } from './receipt-record.js';

/** A receipt assembled from its records. */
export interface ReceiptSummary extends Omit<ReceiptOpening, 'narrow'> {
  /** The narrowing, or the position of its record in the stream, where it is long. */
  narrow: Rows | number;
  receipt: string;
  broker: string;
  openedAt: string;
  /** By the clock of the store, which also stamps the events. */
  storedAtMs: number;
  /** Everything granted in (from, through] was sent. */
  through: number;
  sent: number;
  acked: number;
  /** Whether events after `through`, up to here, were sent is unknown: the receipt was never closed. */
  possiblyThrough: number;
}

const PAGE_RECORDS = 1_000;

/** All receipts of a grant, oldest first. */
export async function receiptsOf(bus: Bus, party: string, grant: string): Promise<ReceiptSummary[]> {
  const summaries = new Map<string, ReceiptSummary>();
  const narrowings = new Map<string, number>();
  const query = { stream: RECEIPTS_STREAM, after: 0, subject: receiptSubject(party, grant), limit: PAGE_RECORDS };
  for await (const page of pagesOf(bus, query)) {
    for (const message of page) apply(summaries, narrowings, message);
  }
  return [...summaries.values()];
}

/** The narrowing of a receipt. A long one is read when it is asked for: those of all receipts of a grant may take gigabytes. */
export async function narrowingOf(bus: Bus, { party, grant, narrow }: ReceiptSummary): Promise<Rows> {
  if (typeof narrow !== 'number') return narrow;
  const query = { stream: RECEIPTS_STREAM, subject: receiptSubject(party, grant), after: narrow - 1, limit: 1 };
  const [message] = await pageAfter(bus, query);
  const record = message && recordOf(message);
  if (record?.act !== 'narrowing') throw new Error(`the record of a narrowing of grant ${grant} is not at ${narrow}`);
  return record.narrow;
}

const recordOf = ({ data }: StoredMessage): ReceiptRecord => JSON.parse(Buffer.from(data).toString()) as ReceiptRecord;

function apply(summaries: Map<string, ReceiptSummary>, narrowings: Map<string, number>, message: StoredMessage): void {
  const record = recordOf(message);
  if (record.act === 'narrowing') {
    narrowings.set(record.narrowing, message.position);
    return;
  }
  if (record.act === 'open') {
    const { act: _act, n: _n, prev: _prev, time, ceiling, ...opening } = record;
    const none = { through: opening.from, sent: 0, acked: 0, possiblyThrough: ceiling };
    const narrow = 'narrow' in opening ? opening.narrow : recordedAt(narrowings, opening.narrowing);
    summaries.set(record.receipt, { ...opening, narrow, openedAt: time, storedAtMs: message.timeMs, ...none });
    return;
  }
  // Nothing was delivered under such a record.
  if (record.act === 'skipped') return;
  const summary = summaries.get(record.receipt);
  if (!summary) return;
  if (record.act === 'extend') {
    summary.possiblyThrough = record.ceiling;
    return;
  }
  const { through, sent, acked } = record;
  Object.assign(summary, { through, sent, acked });
  if (record.act === 'close') summary.possiblyThrough = through;
}

/** Without the record nobody can say what went out: an error, and not a receipt of everything or of nothing. */
function recordedAt(narrowings: ReadonlyMap<string, number>, narrowing: string): number {
  const position = narrowings.get(narrowing);
  if (position === undefined) throw new Error('a receipt names a narrowing of which there is no record');
  return position;
}
