import type { UrgentPage, UrgentQuery } from '../files/file-reader.js';
import type { ProjectionDatabase } from './database.js';

/** Up to so many parties files are found by party and sorted; of more, the sorted files are read and compared. */
const PARTIES_BY_SIDE_MAX = 32;

export function urgentFiles(db: ProjectionDatabase, query: UrgentQuery): UrgentPage {
  const { kind, sides, states, hasOpenClock, lateByMs, after = [Number.MIN_SAFE_INTEGER, 0], limit } = query;
  const conditions = ['f.kind = ?', hasOpenClock ? 'f.urgent_at IS NOT NULL' : 'f.urgent_at IS NULL'];
  const values: unknown[] = [kind];
  const also = (condition: string, ...more: unknown[]): void => {
    conditions.push(condition);
    values.push(...more);
  };
  if (hasOpenClock) also('(f.urgent_at, f.n) > (?, ?)', ...after);
  else also('f.n > ?', after[1]);
  if (lateByMs !== undefined) also('f.urgent_at <= ?', lateByMs);
  if (states) also('f.state IN (SELECT value FROM json_each(?))', JSON.stringify(states));
  if (sides) also(sidesCondition(sides), ...sidesValues(kind, sides));
  const order = hasOpenClock ? 'f.urgent_at, f.n' : 'f.n';
  const sql = `SELECT f.n, f.id, f.seq, f.urgent_at FROM files f WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ?`;
  const rows = db.all(sql, ...values, limit + 1) as { n: number; id: string; seq: number; urgent_at: number | null }[];
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    files: page.map(({ id, seq }) => ({ id, seq })),
    ...(rows.length > limit && last && { next: [last.urgent_at ?? 0, last.n] as const }),
  };
}

const PARTIES = '(SELECT value FROM json_each(?))';

const sidesCondition = (sides: readonly string[]): string =>
  sides.length <= PARTIES_BY_SIDE_MAX
    ? `f.n IN (SELECT file FROM sides WHERE kind = ? AND party IN ${PARTIES})`
    : `EXISTS (SELECT 1 FROM sides s WHERE s.file = f.n AND s.party IN ${PARTIES})`;

const sidesValues = (kind: string, sides: readonly string[]): string[] =>
  sides.length <= PARTIES_BY_SIDE_MAX ? [kind, JSON.stringify(sides)] : [JSON.stringify(sides)];
