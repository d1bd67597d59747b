import { setTimeout as delay } from 'node:timers/promises';
import { sharedTurn } from '../../proto/async/shared-turns.js';
import { TimeSlice } from '../../proto/async/time-slice.js';
import { ledgerSubject } from '../../proto/subject.js';
import type { Bus } from '../nats/bus.js';
import { pageAfter, streamEnds } from '../nats/read/log-reader.js';
import type { StoredMessage } from '../nats/stored-message.js';
import { LEDGER_STREAM } from '../nats/streams.js';
import { Chain } from './chain.js';
import { LedgerBrokenError } from './ledger-errors.js';
import { decodeRecord, type LedgerKind, type LedgerRecord } from './record.js';

export interface LedgerQuery {
  kind?: LedgerKind | undefined;
  /** Only with `kind`. */
  id?: string | undefined;
  after?: number | undefined;
  limit: number;
}

export type Verification = { records: number; head: string } | { brokenAt: number; why: string };

const PAGE_RECORDS_MAX = 1_000;
/** One page in memory; a single record can have a megabyte. */
const PAGE_BYTES_MAX = 8 * 1024 * 1024;

export async function readLedger(bus: Bus, { kind, id, after = 0, limit }: LedgerQuery): Promise<LedgerRecord[]> {
  const messages = await pageAfter(bus, {
    stream: LEDGER_STREAM,
    after,
    subject: kind === undefined ? 'ledger.>' : id === undefined ? `ledger.${kind}.>` : ledgerSubject(kind, id),
    limit: Math.min(limit, PAGE_RECORDS_MAX),
    maxBytes: PAGE_BYTES_MAX,
  });
  const records: LedgerRecord[] = [];
  await new TimeSlice().each(messages, ({ position, subject, data }) => {
    records.push(decodeRecord(position, subject, data));
  });
  return records;
}

/** Throws LedgerBrokenError when a record is missing. */
export async function storedBytesAfter(bus: Bus, after: number, limit = PAGE_RECORDS_MAX): Promise<Uint8Array[]> {
  const query = { stream: LEDGER_STREAM, after, subject: 'ledger.>', maxBytes: PAGE_BYTES_MAX };
  const page = await pageAfter(bus, { ...query, limit: Math.min(limit, PAGE_RECORDS_MAX) });
  for (const [index, { position }] of page.entries()) {
    if (position !== after + 1 + index) throw new LedgerBrokenError(after + 1 + index, 'it is missing');
  }
  return page.map(({ data }) => data);
}

/** Walks the chain from the first record to the present last one. */
export async function verifyLedger(bus: Bus): Promise<Verification> {
  const chain = new Chain();
  const { last } = await streamEnds(bus, LEDGER_STREAM);
  try {
    while (chain.head < last) {
      const page = await pageAfter(bus, {
        stream: LEDGER_STREAM,
        after: chain.head,
        subject: 'ledger.>',
        limit: PAGE_RECORDS_MAX,
        maxBytes: PAGE_BYTES_MAX,
      });
      if (page.length === 0) throw new LedgerBrokenError(chain.head + 1, 'it is missing');
      await linkAll(chain, page);
    }
  } catch (error) {
    if (error instanceof LedgerBrokenError) return { brokenAt: error.seq, why: error.why };
    throw error;
  }
  return { records: chain.head, head: chain.hash };
}

/** Bytes that are hashed and parsed in one turn of the event loop: a page of large records would take some 80 ms. */
const LINKED_PER_TURN_BYTES = 512 * 1024;

async function linkAll(chain: Chain, page: readonly StoredMessage[]): Promise<void> {
  let bytes = 0;
  for (const { position, subject, data } of page) {
    chain.link(position, subject, data);
    bytes += data.length;
    if (bytes < LINKED_PER_TURN_BYTES) continue;
    bytes = 0;
    await sharedTurn();
  }
}

/** Records of one turn of a check that runs beside everything else: some 3 ms. */
const CHECKED_PER_TURN = 200;
/** A machine that is busy has longer pauses: the check leaves four fifths of the time to everybody else. */
const CHECK_PAUSE_MS_MIN = 20;
const CHECK_PAUSE_SHARE = 4;
/** After a failure of the store. */
const CHECK_RETRY_MS = 5_000;

/**
 * Walks the chain up to a record that is known, slowly and however often the store fails, and reports how many records are left.
 * Resolves with the fault that it finds.
 */
export async function verifyUpTo(
  bus: Bus,
  { head, hash }: { head: number; hash: string },
  { signal, onProgress }: { signal: AbortSignal; onProgress(unchecked: number): void },
): Promise<LedgerBrokenError | undefined> {
  const chain = new Chain();
  while (chain.head < head && !signal.aborted) {
    onProgress(head - chain.head);
    try {
      const startedAtMs = performance.now();
      const query = { stream: LEDGER_STREAM, after: chain.head, subject: 'ledger.>', limit: CHECKED_PER_TURN };
      for (const { position, subject, data } of await pageAfter(bus, query)) {
        if (position <= head) chain.link(position, subject, data);
      }
      const tookMs = performance.now() - startedAtMs;
      await delay(Math.max(CHECK_PAUSE_MS_MIN, tookMs * CHECK_PAUSE_SHARE), undefined, { signal, ref: false });
    } catch (error) {
      if (error instanceof LedgerBrokenError) return error;
      await delay(CHECK_RETRY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }
  onProgress(head - chain.head);
  if (signal.aborted || chain.hash === hash) return undefined;
  return new LedgerBrokenError(head, 'it is not the one that the checkpoint was made of');
}
