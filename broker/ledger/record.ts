import { ledgerSubject } from '../../proto/subject.js';

export const LEDGER_KINDS = [
  'bus',
  'party',
  'system',
  'officer',
  'entry',
  'grant',
  'designation',
  'application',
  'correction',
  'dispute',
  'receipts',
  'delivery',
  'case',
  'change',
  'incident',
  'demand',
  'complaint',
  'violation',
  'consent',
  'backflow',
  'contract',
  'access',
  'stop',
  'use-record',
  'criticism',
  'body',
  'enrolment',
  'calendar',
  'notice',
  'attachment',
  'profile',
  'import',
] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];

/** A governance act to be recorded. `document` is the whole resulting state of its object. */
export interface Act {
  kind: LedgerKind;
  id: string;
  act: string;
  /** `officer:<id>`, `system:<id>` or `bus`. */
  actor: string;
  role?: string | undefined;
  reason?: string | undefined;
  document: unknown;
  /** State of the act's file in the lawful procedure; rooms that hold rights do not read it. */
  step?: unknown;
  /** Under the key of the caller: the answer that is given again when the request comes again. */
  kept?: { key: string; request: string; answer: string } | undefined;
}

/** An act as the ledger holds it. */
export interface LedgerRecord extends Act {
  seq: number;
  /** RFC 3339, UTC. */
  time: string;
  /** SHA-256, in hex, of the bytes of the record before; '' in the first one. */
  prev: string;
}

/** `@` stands in the ids of calendars: `cn@2026.1`. */
const ID_PATTERN = /^[A-Za-z0-9_@-]+(?:\.[A-Za-z0-9_@-]+)*$/;

/** Fields of the stored bytes that are not part of the act. */
export interface RecordContext {
  time: string;
  prev: string;
  /**
   * Unique per record, so that two brokers that do the same in the same millisecond can tell whose record was stored.
   */
  nonce: string;
}

/** The bytes that are stored and hashed. The sequence is not among them: the store gives it. */
export function encodeRecord(act: Act, { time, prev, nonce }: RecordContext): Uint8Array {
  if (!ID_PATTERN.test(act.id))
    throw new TypeError(`a ledger id must be subject tokens, not ${JSON.stringify(act.id)}`);
  const { kind, id, act: verb, actor, role, reason, document, step, kept } = act;
  const record = { kind, id, act: verb, actor, role, reason, time, prev, nonce, document, step, kept };
  return Buffer.from(JSON.stringify(record));
}

/** Throws when the bytes are not a record of that subject. */
export function decodeRecord(seq: number, subject: string, bytes: Uint8Array): LedgerRecord {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const record = JSON.parse(text) as LedgerRecord;
  for (const field of ['kind', 'id', 'act', 'actor', 'time', 'prev'] as const) {
    if (typeof record?.[field] !== 'string') throw new TypeError(`it has no ${field}`);
  }
  if (ledgerSubject(record.kind, record.id) !== subject) throw new TypeError('it is stored under another subject');
  const { kind, id, act, actor, role, reason, time, prev, document, step, kept } = record;
  return {
    seq,
    kind,
    id,
    act,
    actor,
    ...(role !== undefined && { role }),
    ...(reason !== undefined && { reason }),
    time,
    prev,
    document,
    ...(step !== undefined && { step }),
    ...(kept !== undefined && { kept }),
  };
}
