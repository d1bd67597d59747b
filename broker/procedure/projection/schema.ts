/** A file with another version is made anew. */
export const SCHEMA_VERSION = 7;

/** More clocks than the record of a file has space for: `clocks.n` is the number of the file times this, and the ordinal in it. */
export const CLOCKS_PER_FILE_MAX = 4_096;

/**
 * `files.n` is the sequence of the file's first record, which orders lists and is unique. `files.due_at` is the earliest
 * moment, in milliseconds since 1970, of a running clock's `lateFrom` or of `memo.endsAt`; `urgent_at` the earliest `lateFrom` of a
 * clock that still asks for an act, late and paused ones too. Short columns stand before the texts, which fill pages of their own.
 * `sides` repeats state and urgency of the file, so that what waits for a party is one range of an index. A notice to everybody is
 * one row with party `*`. `progress.unread` counts the notices to one party each that it has not read.
 */
export const SCHEMA = `
CREATE TABLE progress (one INTEGER PRIMARY KEY CHECK (one = 1), head INTEGER NOT NULL, hash TEXT NOT NULL,
  unread INTEGER NOT NULL);
INSERT INTO progress VALUES (1, 0, '', 0);
CREATE TABLE files (
  n INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, state TEXT NOT NULL,
  due_at INTEGER, urgent_at INTEGER, body TEXT NOT NULL, document TEXT NOT NULL);
CREATE UNIQUE INDEX files_id ON files (kind, id);
CREATE INDEX files_kind ON files (kind);
CREATE INDEX files_urgent ON files (kind, urgent_at, n, state) WHERE urgent_at IS NOT NULL;
CREATE INDEX files_not_urgent ON files (kind, state, n) WHERE urgent_at IS NULL;
CREATE INDEX files_due ON files (due_at, n) WHERE due_at IS NOT NULL;
CREATE TABLE sides (
  kind TEXT NOT NULL, party TEXT NOT NULL, file INTEGER NOT NULL, state TEXT NOT NULL, urgent_at INTEGER,
  PRIMARY KEY (kind, party, file)) WITHOUT ROWID;
CREATE INDEX sides_file ON sides (file);
CREATE INDEX sides_urgent ON sides (kind, party, urgent_at, file, state) WHERE urgent_at IS NOT NULL;
CREATE INDEX sides_not_urgent ON sides (kind, party, state, file) WHERE urgent_at IS NULL;
CREATE TABLE about (
  ref TEXT NOT NULL, kind TEXT NOT NULL, file INTEGER NOT NULL, PRIMARY KEY (ref, kind, file)) WITHOUT ROWID;
CREATE INDEX about_file ON about (file);
CREATE TABLE clocks (
  n INTEGER PRIMARY KEY, file INTEGER NOT NULL, id TEXT NOT NULL, unit TEXT NOT NULL, state TEXT NOT NULL,
  is_open INTEGER NOT NULL, start_date TEXT NOT NULL, due_date TEXT NOT NULL, late_at INTEGER, clock TEXT NOT NULL);
CREATE INDEX clocks_due ON clocks (due_date, file) WHERE state = 'running';
CREATE INDEX clocks_open ON clocks (state, id, late_at) WHERE is_open = 1;
CREATE TABLE history (
  file INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, act TEXT NOT NULL, actor TEXT NOT NULL, role TEXT,
  from_state TEXT, to_state TEXT, reason TEXT, attachments TEXT, calendar TEXT, clock TEXT,
  PRIMARY KEY (file, seq)) WITHOUT ROWID;
CREATE TABLE notices (
  party TEXT NOT NULL, seq INTEGER NOT NULL, ordinal INTEGER NOT NULL, kind TEXT NOT NULL, about_kind TEXT, about_id TEXT,
  at INTEGER NOT NULL, article TEXT, clock TEXT, details TEXT, PRIMARY KEY (party, seq, ordinal)) WITHOUT ROWID;
CREATE TABLE readings (
  party TEXT NOT NULL, seq INTEGER NOT NULL, ordinal INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL,
  PRIMARY KEY (party, seq, ordinal)) WITHOUT ROWID;
CREATE TABLE attachments (
  sha256 TEXT NOT NULL, party TEXT NOT NULL, size INTEGER NOT NULL, type TEXT NOT NULL,
  PRIMARY KEY (sha256, party)) WITHOUT ROWID;
CREATE INDEX attachments_party ON attachments (party, size);
CREATE TABLE attachment_uses (
  sha256 TEXT NOT NULL, file INTEGER NOT NULL, PRIMARY KEY (sha256, file)) WITHOUT ROWID;
CREATE INDEX attachment_uses_file ON attachment_uses (file);
CREATE TABLE kept (key TEXT PRIMARY KEY, request TEXT NOT NULL, answer TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX kept_at ON kept (at);
`;
