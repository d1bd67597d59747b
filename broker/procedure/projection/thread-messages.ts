import type { FileRef } from '../files/file.js';
import type { ClocksQuery, FileQuery, NoticeQuery, UrgentQuery } from '../files/file-reader.js';
import type { Kind } from '../files/kinds.js';

/** Requests to the thread. */
export type Question =
  | { what: 'files'; refs: readonly FileRef[] }
  | { what: 'list'; query: FileQuery }
  | { what: 'urgent'; query: UrgentQuery }
  | { what: 'last-records'; kind: Kind; ids: readonly string[] }
  | { what: 'history'; ref: FileRef }
  | { what: 'due'; beforeMs: number; limit: number }
  | { what: 'clocks'; query: ClocksQuery }
  | { what: 'notices'; query: NoticeQuery }
  | { what: 'notice'; id: string; party: string }
  | { what: 'attachment'; sha256: string }
  | { what: 'attachment-bytes'; party: string }
  | { what: 'kept'; key: string; nowMs: number }
  | { what: 'open-clocks'; withinMs: readonly number[] }
  | { what: 'breaches' };

/** Records in order without a gap; `ends` are the ends of each in `bytes`. */
export interface RecordBatch {
  first: number;
  ends: Uint32Array;
  bytes: Uint8Array;
}

export type ToThread =
  | ({ op: 'take' } & RecordBatch)
  | { op: 'ask'; call: number; upTo: number; question: Question }
  | { op: 'remake' }
  | { op: 'close' };

export type FromThread =
  /** The file is open, at the start or made anew, and has the records up to `head`, whose bytes have that hash. */
  | { event: 'opened'; head: number; hash: string }
  | { event: 'taken'; head: number }
  | { event: 'answer'; call: number; answer: unknown }
  | { event: 'refused'; call: number; code: string; message: string }
  /** Record `upTo` is not there: the file was made anew in between. */
  | { event: 'behind'; call: number }
  | { event: 'remade'; why: string };
