import type { Clock } from '../clock/clock.js';
import type { Kind } from './kinds.js';

export interface FileRef {
  kind: Kind;
  id: string;
}

/** Relation → parties of a file, as they were computed when they came to the file. */
export interface Sides {
  own?: string;
  provider?: string;
  demand?: string | string[];
  /** Designated lead of the items concerned. */
  source?: string;
  /** The party that suspended the grant of a case. */
  suspender?: string;
  /** The competent department that handles a dispute, a designation or a backflow. */
  handler?: string;
  /** Parties that were asked once, or that a scope names. */
  others?: string[];
}

/** Members of a file's document, as `GET` shows them. */
export type Fields = Record<string, unknown>;

/**
 * The state of a file after an act, stored whole as member `file` of the ledger record, beside `document`. For kinds that
 * other rooms fold (entries, grants, parties, officers, systems) `document` is what those rooms read.
 */
export interface FileState {
  state: string;
  sides: Sides;
  clocks: Clock[];
  /** The document that `GET` shows; absent where the record's `document` is shown itself. */
  fields?: Fields;
  /**
   * Facts that guards of later acts need, such as signatures and who prepared; nobody is shown them but by `details` of the machine. At
   * `endsAt`, a moment, something falls due besides the clocks: the end of a grant's period, of a contract, a consent, an access.
   */
  memo: Fields & { endsAt?: string | undefined };
  /** Files that this one is about, for `about=` and `entry=`: `kind/id`. */
  about: string[];
}

/** A notice to be given, to certain parties or to all. */
export interface NoticeOrder {
  kind: string;
  to: string[] | 'all';
  clock?: string;
  article?: string;
  /** The file that the notice is about, where it is not that of the record. */
  about?: FileRef;
  /** Alarms name what they alarm about; corrections of delivered data what was delivered. Never a value of the data. */
  details?: Fields;
}

/** The procedural members of a ledger record. */
export interface RecordedStep {
  /** Absent on records that change no file: a notice that was read, an attachment that was stored. */
  state?: FileState;
  from?: string;
  attachments?: string[];
  /** Digests of further attachments, which the document names. */
  named?: string[];
  /** Calendar version that the record's clocks were judged by. */
  calendar?: string;
  /** The clock that the record is about: `overdue`, `recomputed`. */
  clock?: string;
  /** With `recomputed`: the due dates before and after. */
  due?: { from: string; to: string };
  notices?: NoticeOrder[];
}

/** A file as it is read: its newest recorded state. */
export interface ProcedureFile extends FileRef, FileState {
  /** Sequence of its last ledger record. */
  seq: number;
  /** The `document` of that record. */
  document: Fields;
}

export interface HistoryItem {
  seq: number;
  time: string;
  act: string;
  actor: string;
  /** The role that allowed it; `bus` for what nobody but the bus did. */
  role: string;
  from?: string;
  to?: string;
  reason?: string;
  attachments: string[];
  /** Calendar version that the act was judged by; null for none. */
  calendar: string | null;
  clock?: string;
}

export interface Notice {
  /** `no-` + sequence of the record + `-` + ordinal among its notices. */
  id: string;
  to: string;
  kind: string;
  about: FileRef;
  seq: number;
  at: string;
  article?: string;
  clock?: string;
  /** Kind of an alarm: `volume`, `hour` or `address`. */
  alarm?: string;
  details?: Fields;
  readAt: string | null;
  readBy?: string;
}

/** Document of a record of kind `notice`, act `read`, whose id is that of the notice; the actor is the officer. */
export interface NoticeReading {
  party: string;
}

/** Document of a record of kind `attachment`, act `store`, whose id is the digest. */
export interface StoredAttachment {
  /** Department that stored it. */
  party: string;
  /** Bytes. */
  size: number;
  /** Media type, as it was given. */
  type: string;
}
