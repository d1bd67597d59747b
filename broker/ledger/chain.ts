import { createHash } from 'node:crypto';
import { LedgerBrokenError } from './ledger-errors.js';
import { decodeRecord, type LedgerRecord } from './record.js';

/** Hash that the next record must carry. */
export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The hash chain up to one record: links the records one by one and refuses the first that does not fit. */
export class Chain {
  constructor(
    /** Sequence of the newest linked record, 0 before the first. */
    public head = 0,
    /** Hash of the newest linked record, '' before the first. */
    public hash = '',
  ) {}

  /** Throws LedgerBrokenError and stays where it is when the record is not the one that must come next. */
  link(seq: number, subject: string, bytes: Uint8Array): LedgerRecord {
    if (seq !== this.head + 1) throw new LedgerBrokenError(this.head + 1, `it is missing, record ${seq} comes instead`);
    const record = this.#decode(seq, subject, bytes);
    if (record.prev !== this.hash) {
      throw new LedgerBrokenError(seq, 'it does not carry the hash of the record before');
    }
    this.head = seq;
    this.hash = hashOf(bytes);
    return record;
  }

  #decode(seq: number, subject: string, bytes: Uint8Array): LedgerRecord {
    try {
      return decodeRecord(seq, subject, bytes);
    } catch (error) {
      throw new LedgerBrokenError(seq, `it is not a record: ${(error as Error).message}`, { cause: error });
    }
  }
}
