import { receiptSubject } from '../../proto/subject.js';
import type { Bus } from '../nats/bus.js';
import { pagesOf } from '../nats/read/log-reader.js';
import type { StoredMessage } from '../nats/stored-message.js';
import { RECEIPTS_STREAM } from '../nats/streams.js';
import type { ReceiptOpening, ReceiptRecord } from './receipt-record.js';

/** A receipt assembled from its records. */
export interface ReceiptSummary extends ReceiptOpening {
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
  const query = { stream: RECEIPTS_STREAM, after: 0, subject: receiptSubject(party, grant), limit: PAGE_RECORDS };
  for await (const page of pagesOf(bus, query)) {
    for (const message of page) apply(summaries, message);
  }
  return [...summaries.values()];
}

function apply(summaries: Map<string, ReceiptSummary>, { data, timeMs: storedAtMs }: StoredMessage): void {
  const record = JSON.parse(Buffer.from(data).toString()) as ReceiptRecord;
  if (record.act === 'open') {
    const { act: _act, n: _n, prev: _prev, time, ceiling, ...opening } = record;
    const none = { through: opening.from, sent: 0, acked: 0, possiblyThrough: ceiling };
    summaries.set(record.receipt, { ...opening, openedAt: time, storedAtMs, ...none });
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
