/** Every kind of file of the lawful procedure, by its name in addresses. */
export const FILE_KINDS = [
  'catalog',
  'applications',
  'grants',
  'cases',
  'corrections',
  'disputes',
  'changes',
  'designations',
  'incidents',
  'demands',
  'complaints',
  'violations',
  'consents',
  'backflows',
  'contracts',
  'accesses',
  'stops',
  'use-records',
  'criticisms',
  'parties',
  'bodies',
  'officers',
  'systems',
  'enrolments',
  'calendars',
] as const;
export type FileKind = (typeof FILE_KINDS)[number];

export interface FileClock {
  id: string;
  /** Date, or a moment for a clock of hours. */
  due: string;
  lateFrom: string;
  party: string;
  state: 'running' | 'paused' | 'met' | 'late';
  provisional: boolean;
  [more: string]: unknown;
}

/** The answer of every act, and the element of every list. */
export interface FileAnswer {
  id: string;
  /** In an answer about a grant, the grant's own kind; `file` has that of the file. */
  kind: string;
  file: { kind: string; id: string };
  state: string;
  /** Ledger sequence of the file's last record: goes into If-Match. */
  seq: number;
  /** SHA-256 of the document as it stands: what a signature is over. */
  digest: string;
  clocks: FileClock[];
  /** Acts that the caller may perform now; the guard of each may still refuse. */
  next: { act: string; who: string }[];
  links: Record<string, string>;
  /** With `document: true` in a list, and of a single file. */
  document?: Record<string, unknown>;
  /** Members that an act answers once: a token, a code, the grant that it made. */
  [more: string]: unknown;
}

export interface HistoryItem {
  seq: number;
  time: string;
  act: string;
  actor: string;
  role?: string | null;
  from?: string | null;
  to?: string | null;
  reason?: string;
  attachments?: string[];
  clock?: string;
}

export interface WholeFile extends FileAnswer {
  document: Record<string, unknown>;
  history: HistoryItem[];
  /** More time that was asked for, of an application or of an update of an entry; what was granted is in its clock. */
  extension?: { days: number; reason?: string };
  /** The reply to an application that a reviewer has prepared; for officers of the provider. */
  prepared?: { reply: Record<string, unknown>; by: string };
  /** The event that obliges to update an entry. */
  trigger?: { type: string; date: string; document: string };
}

export interface Notice {
  id: string;
  to: string;
  kind: string;
  about: { kind: string | null; id: string | null };
  seq: number;
  at: string;
  article?: string;
  clock?: string;
  text: string;
  readAt: string | null;
  readBy?: string;
}

export interface WorklistItem {
  file: FileAnswer;
  act: string;
  /** Working days to the due date of the clock; null without one. */
  daysLeft: number | null;
  clock: string | null;
}

export interface BusTime {
  now: string;
  /** The platform operator may set it. */
  test: boolean;
  calendarVersions: string[];
}

/** A machine of the procedure: what may happen to files of one kind. */
export interface ProcedureMachine {
  kind: string;
  available: boolean;
  states: string[];
  transitions: {
    number: string;
    from: string[];
    act: string;
    to: string;
    who: string[];
    guard: string[];
    clocks: string[];
    notices: string[];
    article: string | null;
  }[];
}

export interface StoredAttachment {
  sha256: string;
  size: number;
  type: string;
}
