import type { ClockOfFile } from '../clock/calendar-check.js';
import type { FileRef, HistoryItem, Notice, ProcedureFile } from './file.js';
import type { Kind } from './kinds.js';

export interface FileQuery {
  kind: Kind;
  /** Files of which one of these parties is a side. Absent: of any. */
  sides?: readonly string[];
  /** As well: in one of these states. */
  states?: readonly string[];
  entry?: string;
  /** `kind/id` or a bare id. */
  about?: string;
  /** Files with a running clock that is due before that date, `YYYY-MM-DD`. */
  dueBefore?: string;
  /** `next` of the page before: files stand in the order of their first records. */
  after?: number;
  limit: number;
  /** Ends the page earlier, with a `next`, before its files have more bytes together; one file it has in any case. */
  bytesMax?: number;
}

/** Files of one kind that may be urgent. */
export interface UrgentKind {
  kind: Kind;
  /** Files of which one of these parties is a side. Absent: of any. */
  sides?: readonly string[];
  /** In one of these states. Absent, where clocks are asked for: in any. */
  states?: readonly string[];
}

export interface UrgentQuery {
  kinds: readonly UrgentKind[];
  /**
   * Files with a clock that asks for an act, of all kinds together, the one that is late first at the beginning; otherwise those without, kind
   * by kind, the oldest of each first.
   */
  hasOpenClock: boolean;
  /** Only those that are late by that moment, in milliseconds since 1970. */
  lateByMs?: number;
  /** `next` of the page before. */
  after?: UrgentPosition;
  limit: number;
}

/** Where a page of urgent files ended: at a moment, or in the kind of that index. */
export type UrgentPosition = readonly [rank: number, n: number];

export interface UrgentFile extends FileRef {
  /** Sequence of its last record. */
  seq: number;
}

export interface UrgentPage {
  files: UrgentFile[];
  /** Absent on the last page. */
  next?: UrgentPosition;
}

export interface FilePage {
  files: ProcedureFile[];
  /** Sequence of the first record of each. */
  firstSeqs: number[];
  /** That of the last one; absent on the last page. */
  next?: number;
}

export interface DueFile extends FileRef {
  /** The earliest moment at which something falls due, in milliseconds since 1970. */
  atMs: number;
}

export interface NoticeQuery {
  party: string;
  after?: string;
  unread?: boolean;
  limit: number;
}

/** An attachment as the ledger knows it; its bytes are in the store. */
export interface AttachmentFacts {
  sha256: string;
  /** Bytes. */
  size: number;
  type: string;
  /** Departments that stored it. */
  parties: string[];
  /** Files of which a record names it. */
  files: FileRef[];
}

export interface ClocksQuery {
  /** Clocks of working days that began before the end of that year and are due in it or later. */
  year: number;
  /** Running and paused ones only. */
  isOpen?: boolean;
  /** `next` of the page before. */
  after?: number;
  limit: number;
}

/** The answer to a request that was done once, kept to be given again. */
export interface KeptAnswer {
  /** Digest of method, address and body. */
  request: string;
  /** Encrypted; only brokers with the secret read it. */
  answer: string;
}

/**
 * Reads files from the projection of the ledger. Every call answers for a state that includes record `upTo`, or the newest
 * that was folded here when the call was made. Rejects with STORE_UNAVAILABLE when the projection does not get there in time.
 */
export interface FileReader {
  get(ref: FileRef, upTo?: number): Promise<ProcedureFile | undefined>;
  getMany(refs: readonly FileRef[], upTo?: number): Promise<(ProcedureFile | undefined)[]>;
  list(query: FileQuery, upTo?: number): Promise<FilePage>;
  /** Names of files in the order of their urgency. */
  urgent(query: UrgentQuery): Promise<UrgentPage>;
  /** Sequence of the last record of each file that is there, by id. */
  lastRecords(kind: Kind, ids: readonly string[]): Promise<Map<string, number>>;
  history(ref: FileRef): Promise<HistoryItem[]>;
  /** Files of which a clock or a period falls due at or before that moment, earliest first. */
  due(beforeMs: number, limit: number): Promise<DueFile[]>;
  /** Running, paused and met clocks that a calendar of that year may concern. */
  clocks(query: ClocksQuery): Promise<{ clocks: ClockOfFile[]; next?: number }>;
  notices(query: NoticeQuery): Promise<{ notices: Notice[]; next?: string }>;
  /** The notice, if it is one to that party. */
  notice(id: string, party: string): Promise<Notice | undefined>;
  attachment(sha256: string): Promise<AttachmentFacts | undefined>;
  /** Bytes of all attachments that the party has stored. */
  attachmentBytes(party: string): Promise<number>;
  /** Undefined as well when the answer is older than 30 days. */
  keptAnswer(key: string): Promise<KeptAnswer | undefined>;
}
