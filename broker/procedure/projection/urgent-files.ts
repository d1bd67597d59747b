import type { UrgentKind, UrgentPage, UrgentQuery } from '../files/file-reader.js';
import type { Kind } from '../files/kinds.js';
import type { ProjectionDatabase } from './database.js';

/** Up to so many parties files are found by party; of more, the sorted files are read and compared. */
const PARTIES_BY_SIDE_MAX = 32;

type UrgentRow = [rank: number, n: number, kind: Kind, id: string, seq: number];

/** A part of a statement with the values of its parameters. */
interface Part {
  sql: string;
  values: unknown[];
}

/** Names of files in the order of their urgency; the work is that of the rows that are returned, whatever else there is. */
export function urgentFiles(db: ProjectionDatabase, query: UrgentQuery): UrgentPage {
  return query.hasOpenClock ? filesByClock(db, query) : filesWithoutClock(db, query);
}

/** Every kind is read in the order of its index, and all of them are merged: a row is looked up when it is on the page. */
function filesByClock(db: ProjectionDatabase, query: UrgentQuery): UrgentPage {
  const { kinds, limit } = query;
  const arms = kinds.map((one) => armByClock(query, one));
  const merged = arms.map(({ sql }) => sql).join(' UNION ALL ');
  const values = arms.flatMap((arm) => arm.values);
  return pageOf(rowsIn(db, `${merged} ORDER BY 1, 2 LIMIT ?`, ...values, limit + 1), limit);
}

function armByClock({ lateByMs, after }: UrgentQuery, { kind, sides, states }: UrgentKind): Part {
  const parts = [also('urgent_at IS NOT NULL')];
  if (after) parts.push(also('(urgent_at, file) > (?, ?)', ...after));
  if (lateByMs !== undefined) parts.push(also('urgent_at <= ?', lateByMs));
  if (states) parts.push(also('state IN (SELECT value FROM json_each(?))', JSON.stringify(states)));
  return rowsOf('urgent', 'urgent_at', { kind, sides, parts });
}

/** One kind after the other, the oldest of each first. */
function filesWithoutClock(db: ProjectionDatabase, { kinds, after = [0, 0], limit }: UrgentQuery): UrgentPage {
  const [firstKind, afterFile] = after;
  const rows: UrgentRow[] = [];
  for (const [rank, one] of kinds.entries()) {
    if (rank < firstKind || rows.length > limit) continue;
    const { sql, values } = kindWithoutClock(one, rank, rank === firstKind ? afterFile : 0);
    rows.push(...rowsIn(db, `${sql} ORDER BY 2 LIMIT ?`, ...values, limit + 1 - rows.length));
  }
  return pageOf(rows, limit);
}

/** States are read one by one, each in the order of the index, and merged. */
function kindWithoutClock({ kind, sides, states = [] }: UrgentKind, rank: number, after: number): Part {
  const arms = states.map((state) => {
    const parts = [also('urgent_at IS NULL'), also('state = ?', state), also('file > ?', after)];
    return rowsOf('not_urgent', String(rank), { kind, sides, parts });
  });
  return { sql: arms.map(({ sql }) => sql).join(' UNION ALL '), values: arms.flatMap(({ values }) => values) };
}

/** Runs a statement that finds ranks and files, and looks the files up. One value comes out: rows cost three times as much. */
function rowsIn(db: ProjectionDatabase, found: string, ...values: unknown[]): UrgentRow[] {
  const sql = `SELECT json_group_array(json_array(u.rank, f.n, f.kind, f.id, f.seq)) AS rows
    FROM (${found}) u CROSS JOIN files f ON f.n = u.file`;
  const rows = JSON.parse(db.get(sql, ...values)?.rows as string) as UrgentRow[];
  return rows.sort(([rank, n], [otherRank, otherN]) => rank - otherRank || n - otherN);
}

const also = (sql: string, ...values: unknown[]): Part => ({ sql, values });

/**
 * Rows of `rank` and `file`: of few parties from the table of sides, which has each file once for each of its parties. Indexes are
 * named, since without statistics another one looks as good.
 */
function rowsOf(
  index: 'urgent' | 'not_urgent',
  rank: string,
  { kind, sides, parts }: { kind: string; sides: readonly string[] | undefined; parts: readonly Part[] },
): Part {
  const list = JSON.stringify(sides);
  const select = (what: string, given: readonly Part[]): Part => ({
    sql: `SELECT ${what} WHERE ${given.map(({ sql }) => sql).join(' AND ')}`,
    values: given.flatMap(({ values }) => values),
  });
  const ofKind = also('kind = ?', kind);
  if (sides && sides.length <= PARTIES_BY_SIDE_MAX) {
    const isOne = sides.length === 1;
    const ofParties = isOne ? also('party = ?', sides[0]) : also('party IN (SELECT value FROM json_each(?))', list);
    const from = `${rank} AS rank, file FROM sides INDEXED BY sides_${index}`;
    return select(isOne ? from : `DISTINCT ${from}`, [ofKind, ofParties, ...parts]);
  }
  const isSide = 'SELECT 1 FROM sides s WHERE s.file = f.n AND s.party IN (SELECT value FROM json_each(?))';
  const ofMany = sides ? [also(`EXISTS (${isSide})`, list)] : [];
  const ofFiles = parts.map(({ sql, values }) => also(sql.replace(/\bfile\b/g, 'n'), ...values));
  return select(`${rank} AS rank, n AS file FROM files f INDEXED BY files_${index}`, [ofKind, ...ofFiles, ...ofMany]);
}

function pageOf(rows: readonly UrgentRow[], limit: number): UrgentPage {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    files: page.map(([, , kind, id, seq]) => ({ kind, id, seq })),
    ...(rows.length > limit && last && { next: [last[0], last[1]] as const }),
  };
}
