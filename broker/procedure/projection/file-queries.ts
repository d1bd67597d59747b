import { momentOf } from '../clock/shanghai-days.js';
import type { FileRef, HistoryItem } from '../files/file.js';
import type { AttachmentFacts, ClocksQuery, DueFile, FilePage, FileQuery, KeptAnswer } from '../files/file-reader.js';
import type { ProjectionDatabase, Row } from './database.js';
import { KEPT_MS } from './record-writer.js';

/** A file as its row has it; the JSON is parsed by whoever needs it. */
export interface StoredFile {
  kind: string;
  id: string;
  seq: number;
  body: string;
  document: string;
}

const COLUMNS = 'f.n, f.kind, f.id, f.seq, f.body, f.document';

/** Known without reading the text. */
const SIZE = 'octet_length(f.body) + octet_length(f.document) AS size';

const storedFile = ({ kind, id, seq, body, document }: Row): StoredFile =>
  ({ kind, id, seq, body, document }) as StoredFile;

export function getFiles(db: ProjectionDatabase, refs: readonly FileRef[]): (StoredFile | undefined)[] {
  return refs.map(({ kind, id }) => {
    const row = db.get(`SELECT ${COLUMNS} FROM files f WHERE kind = ? AND id = ?`, kind, id);
    return row && storedFile(row);
  });
}

export function lastRecords(db: ProjectionDatabase, kind: string, ids: readonly string[]): Map<string, number> {
  const sql = 'SELECT id, seq FROM files WHERE kind = ? AND id IN (SELECT value FROM json_each(?))';
  return new Map(db.all(sql, kind, JSON.stringify(ids)).map(({ id, seq }) => [id as string, seq as number]));
}

/** A page of a list as the thread hands it over. */
export type StoredPage = Omit<FilePage, 'files'> & { files: StoredFile[] };

export function listFiles(db: ProjectionDatabase, query: FileQuery): StoredPage {
  const { kind, sides, states, after = 0, limit } = query;
  const conditions = ['f.kind = ?', 'f.n > ?'];
  const values: unknown[] = [kind, after];
  const also = (condition: string, ...more: unknown[]): void => {
    conditions.push(condition);
    values.push(...more);
  };
  if (sides?.length === 1) also('s.kind = f.kind AND s.party = ? AND s.file > ?', sides[0], after);
  else if (sides) {
    const parties = 'SELECT value FROM json_each(?)';
    also(`f.n IN (SELECT file FROM sides WHERE kind = ? AND party IN (${parties}))`, kind, JSON.stringify(sides));
  }
  if (states) also('f.state IN (SELECT value FROM json_each(?))', JSON.stringify(states));
  const refs = [query.entry && `catalog/${query.entry}`, query.about].filter((ref) => ref !== undefined);
  for (const ref of refs) also('f.n IN (SELECT file FROM about WHERE ref = ? AND kind = ?)', ref, kind);
  if (query.dueBefore !== undefined) {
    also(`f.n IN (SELECT file FROM clocks WHERE due_date < ? AND state = 'running')`, query.dueBefore);
  }
  const from = sides?.length === 1 ? 'sides s CROSS JOIN files f ON f.n = s.file' : 'files f';
  const select = (columns: string, count: number): Row[] =>
    db.all(`SELECT ${columns} FROM ${from} WHERE ${conditions.join(' AND ')} ORDER BY f.n LIMIT ?`, ...values, count);
  const { bytesMax } = query;
  const fitting = bytesMax === undefined ? limit : fittingRows(select(SIZE, limit), bytesMax);
  const rows = select(COLUMNS, fitting + 1);
  const page = rows.slice(0, fitting);
  const firstSeqs = page.map(({ n }) => n as number);
  return { files: page.map(storedFile), firstSeqs, ...(rows.length > fitting && { next: firstSeqs.at(-1) as number }) };
}

/** How many of the first rows have so many bytes together, one at least. */
function fittingRows(sizes: readonly Row[], bytesMax: number): number {
  let bytes = 0;
  const tooMany = sizes.findIndex(({ size }) => {
    bytes += size as number;
    return bytes > bytesMax;
  });
  return tooMany < 0 ? sizes.length : Math.max(1, tooMany);
}

export function historyOf(db: ProjectionDatabase, { kind, id }: FileRef): HistoryItem[] {
  const rows = db.all(
    'SELECT h.* FROM history h WHERE file = (SELECT n FROM files WHERE kind = ? AND id = ?) ORDER BY seq',
    kind,
    id,
  );
  return rows.map((row) => historyItem(row as Record<string, string | null>));
}

function historyItem(row: Record<string, string | null>): HistoryItem {
  const { role, from_state: from, to_state: to, reason, calendar, clock } = row;
  return {
    seq: Number(row.seq),
    time: momentOf(Number(row.at)),
    act: row.act as string,
    actor: row.actor as string,
    role: role ?? 'bus',
    ...(from !== null && { from }),
    ...(to !== null && { to }),
    ...(reason !== null && { reason }),
    attachments: row.attachments ? (JSON.parse(row.attachments) as string[]) : [],
    calendar,
    ...(clock !== null && { clock }),
  } as HistoryItem;
}

export function dueFiles(db: ProjectionDatabase, beforeMs: number, limit: number): DueFile[] {
  const sql = 'SELECT kind, id, due_at FROM files WHERE due_at <= ? ORDER BY due_at, n LIMIT ?';
  return db.all(sql, beforeMs, limit).map(({ kind, id, due_at: atMs }) => ({ kind, id, atMs }) as DueFile);
}

/** Clocks as JSON, each with its file. */
export function clocksOf(db: ProjectionDatabase, { year, isOpen = false, after = 0, limit }: ClocksQuery) {
  const rows = db.all(
    `SELECT c.n, f.kind, f.id, c.clock FROM clocks c CROSS JOIN files f ON f.n = c.file
     WHERE c.n > ? AND c.unit = 'wd' AND ${isOpen ? "c.state IN ('running', 'paused')" : "c.state <> 'late'"} AND c.start_date <= ? AND c.due_date >= ?
     ORDER BY c.n LIMIT ?`,
    after,
    `${year}-12-31`,
    `${year}-01-01`,
    limit,
  );
  const clocks = rows.map(
    ({ kind, id, clock }) => ({ kind, id, clock }) as { kind: string; id: string; clock: string },
  );
  return { clocks, ...(rows.length === limit && { next: rows.at(-1)?.n as number }) };
}

export function attachmentOf(db: ProjectionDatabase, sha256: string): AttachmentFacts | undefined {
  const stored = db.all('SELECT party, size, type FROM attachments WHERE sha256 = ? ORDER BY party', sha256);
  const [first] = stored;
  if (!first) return undefined;
  const files = db.all(
    'SELECT f.kind, f.id FROM attachment_uses u JOIN files f ON f.n = u.file WHERE u.sha256 = ? ORDER BY f.n LIMIT 1000',
    sha256,
  );
  const parties = stored.map(({ party }) => party as string);
  return {
    sha256,
    size: first.size as number,
    type: first.type as string,
    parties,
    files: files as unknown as FileRef[],
  };
}

export function attachmentBytes(db: ProjectionDatabase, party: string): number {
  const row = db.get('SELECT sum(size) AS bytes FROM attachments WHERE party = ?', party);
  return (row?.bytes as number | null | undefined) ?? 0;
}

export function keptAnswerOf(db: ProjectionDatabase, key: string, nowMs: number): KeptAnswer | undefined {
  const row = db.get('SELECT request, answer FROM kept WHERE key = ? AND at > ?', key, nowMs - KEPT_MS);
  return row && { request: row.request as string, answer: row.answer as string };
}
