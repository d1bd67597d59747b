import { SluiceError } from '../../proto/errors.js';
import { randomId } from '../../proto/random-id.js';
import { ledgerSubject } from '../../proto/subject.js';
import type { OutMessage } from '../nats/write/out-message.js';
import { hashOf } from './chain.js';
import { type Act, encodeRecord } from './record.js';

/** Acts encoded to follow one certain record: they fit after it and nowhere else. */
export interface LedgerBatch {
  /** Sequence that the stream must end with. */
  after: number;
  messages: OutMessage[];
  lastHash: string;
}

export interface ChainHead {
  head: number;
  hash: string;
  time: string;
  /** Sequence of the newest record of a subject, 0 for none. */
  lastOf(subject: string): number;
  endsRights?: boolean | undefined;
}

/** Chains the acts to each other and to the record at `head`; the expectations let the store take them only there. */
export function encodeBatch(acts: readonly Act[], { head, hash, time, lastOf, endsRights }: ChainHead): LedgerBatch {
  const nonce = randomId();
  let prev = hash;
  const seen = new Set<string>();
  const messages = acts.map((act, index): OutMessage => {
    const subject = ledgerSubject(act.kind, act.id);
    const data = encodeRecord(act, { time, prev, nonce });
    prev = hashOf(data);
    const message: OutMessage = { subject, data, ...(endsRights && { endsRights }) };
    if (index === 0) message.expectLast = head;
    // A second act of one subject follows a sequence that does not exist yet; the stream's expectation covers it.
    if (!seen.has(subject)) message.expectLastSubject = lastOf(subject);
    seen.add(subject);
    return message;
  });
  return { after: head, messages, lastHash: prev };
}

/** The server's limit for an atomic batch. */
const BATCH_ACTS_MAX = 1_000;
/** Held in the server's memory until the commit; far below its limit for open batches (128 MB). */
const BATCH_BYTES_MAX = 16 * 1024 * 1024;

/** As many of the acts from `offset` on as one atomic batch should hold, at least one. */
export function batchEnd(acts: readonly Act[], offset: number): number {
  let bytes = 0;
  let end = offset;
  while (end < acts.length && end - offset < BATCH_ACTS_MAX) {
    bytes += acts.length === 1 ? 0 : JSON.stringify(acts[end]).length;
    if (bytes > BATCH_BYTES_MAX && end > offset) break;
    end++;
  }
  return end;
}

/** Throws TOO_LARGE when the acts do not fit into one atomic batch. */
export function assertOneBatch(acts: readonly Act[]): void {
  if (batchEnd(acts, 0) >= acts.length) return;
  const limits = `${BATCH_ACTS_MAX} records and ${BATCH_BYTES_MAX / 1024 / 1024} MiB`;
  throw new SluiceError('TOO_LARGE', `the act has more consequences than one record batch holds: at most ${limits}`);
}
