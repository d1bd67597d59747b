import { createHash } from 'node:crypto';
import type { Rows } from '../../proto/entry/rows.js';

/** Content of a receipt when it is opened, before the first byte is sent. */
export interface ReceiptOpening {
  grant: string;
  party: string;
  system: string;
  entry: string;
  partition: number;
  log: string;
  session: string;
  cursor: string;
  encoding: string;
  /** Ledger sequence of the grant as it was compiled, which identifies items, transforms and rows. */
  grantSeq: number;
  narrow: Rows;
  from: number;
}

/** Running totals of one subscription: everything granted in (from, through] was sent. */
export interface ReceiptTotals {
  through: number;
  sent: number;
  acked: number;
}

/** A narrowing as the opening of a receipt has it: itself, or the digest under which it is on record. */
export type OpenedNarrowing = { narrow: Rows } | { narrowing: string };

export type ReceiptRecord = {
  receipt: string;
  broker: string;
  /** Number of the record in its broker's chain, from 1. */
  n: number;
  /** Hex SHA-256 of the bytes of the broker's record before; '' for the first. */
  prev: string;
  time: string;
} & (
  | ({ act: 'open'; ceiling: number } & Omit<ReceiptOpening, 'narrow'> & OpenedNarrowing)
  /** A narrowing that receipts of the same grant name by its digest; `receipt` is an id of its own. */
  | { act: 'narrowing'; narrowing: string; narrow: Rows }
  /** Nothing after the ceiling is sent: a receipt that a crash left open counts as possibly delivered up to there. */
  | { act: 'extend'; ceiling: number }
  | ({ act: 'range' } & ReceiptTotals)
  | ({ act: 'close'; reason: string } & ReceiptTotals)
  /** Positions in (from, through] that a cursor jumped over: not delivered, not acknowledged. */
  | ({ act: 'skipped'; through: number } & Omit<ReceiptOpening, 'session' | 'encoding' | 'narrow'>)
);

export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
