import type { LedgerRecord } from '../../ledger/record.js';
import type { FileState, RecordedStep, StoredAttachment } from '../files/file.js';
import { isGone, type Kind, kindOfRecord } from '../files/kinds.js';
import type { ProjectionDatabase } from './database.js';
import type { FileRows } from './file-rows.js';
import { writeNotices, writeReading } from './notice-writer.js';

/** How long the answer to a request is kept for its key, in milliseconds of bus time. */
export const KEPT_MS = 30 * 86_400_000;

/** The database and the rows of files to which a record is written. */
export interface Tables {
  db: ProjectionDatabase;
  files: FileRows;
  /** Changes of counts, written once for a transaction. */
  counts: { unread: number };
}

/** Writes the rows of one record. They depend on the record and on what the records before it have made, on nothing else. */
export function writeRecord({ db, files, counts }: Tables, record: LedgerRecord): void {
  const step = record.step as RecordedStep | undefined;
  const kind = kindOfRecord(record.kind);
  if (kind) writeFileRecord({ db, files }, kind, record, step);
  else if (record.kind === 'attachment') writeAttachment(db, record);
  else if (record.kind === 'notice' && record.act === 'read') writeReading({ db, counts }, record);
  if (step?.notices) writeNotices({ db, counts }, record, step.notices);
  if (record.kept) writeKept(db, record, record.kept);
}

function writeFileRecord(
  { db, files }: Pick<Tables, 'db' | 'files'>,
  kind: Kind,
  record: LedgerRecord,
  step: RecordedStep | undefined,
): void {
  const { id, seq } = record;
  const before = files.get(kind, id);
  const known = before?.state;
  const state = step?.state ?? known ?? stateWithoutStep(kind, id);
  if (!state) return;
  const n = before?.n ?? seq;
  if (isGone(kind, state.state)) {
    files.remove(kind, id, n);
    removeFile(db, n);
    return;
  }
  files.put({ n, kind, id, seq, state, document: record.document }, before);
  for (const sha256 of [...(step?.attachments ?? []), ...(step?.named ?? [])])
    db.run('INSERT OR IGNORE INTO attachment_uses VALUES (?, ?)', sha256, n);
  writeHistory(db, n, record, step, { from: known?.state ?? null, to: state.state });
}

/** Parties are registered by bundles too, which know nothing of files. */
function stateWithoutStep(kind: Kind, id: string): FileState | undefined {
  if (kind !== 'parties') return undefined;
  return { state: 'registered', sides: { own: id }, clocks: [], memo: {}, about: [] };
}

/** Records that change no state, a reading for one, keep the one before. */
function writeHistory(
  db: ProjectionDatabase,
  n: number,
  record: LedgerRecord,
  step: RecordedStep | undefined,
  { from, to }: { from: string | null; to: string },
): void {
  const { seq, time, act, actor, role, reason } = record;
  const attachments = step?.attachments?.length ? JSON.stringify(step.attachments) : null;
  db.run(
    'INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    n,
    seq,
    Date.parse(time),
    act,
    actor,
    role ?? null,
    step?.from ?? from,
    to,
    reason ?? null,
    attachments,
    step?.calendar ?? null,
    step?.clock ?? null,
  );
}

function removeFile(db: ProjectionDatabase, n: number): void {
  for (const table of ['history', 'attachment_uses']) db.run(`DELETE FROM ${table} WHERE file = ?`, n);
}

function writeAttachment(db: ProjectionDatabase, { id, act, document }: LedgerRecord): void {
  if (act !== 'store') return;
  const { party, size, type } = document as StoredAttachment;
  db.run('INSERT OR IGNORE INTO attachments VALUES (?, ?, ?, ?)', id, party, size, type);
}

function writeKept(db: ProjectionDatabase, record: LedgerRecord, kept: NonNullable<LedgerRecord['kept']>): void {
  const atMs = Date.parse(record.time);
  db.run('DELETE FROM kept WHERE at <= ?', atMs - KEPT_MS);
  db.run('INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)', kept.key, kept.request, kept.answer, atMs);
}
