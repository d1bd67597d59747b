import type { Clock } from '../clock/clock.js';
import type { ProjectionDatabase } from './database.js';

/** Clocks of one name that are running, paused, or late without the act that they asked for. */
export interface OpenClocks extends Pick<Clock, 'id' | 'state'> {
  clocks: number;
  /** How many of them are late by each of the moments. */
  within: number[];
}

/** Numbers of violations and of unread notices. */
export interface Breaches {
  /** Violations that are neither closed nor dismissed, by their code. */
  violations: { code: string; files: number }[];
  /** Notices that their department has not read; one to everybody does not count. */
  unreadNotices: number;
}

/** Counted in the order of an index that has the open clocks alone; `withinMs` are moments in milliseconds since 1970. */
export function openClocks(db: ProjectionDatabase, withinMs: readonly number[]): OpenClocks[] {
  const sums = withinMs.map((_, index) => `sum(late_at <= ?) AS within${index}`);
  const sql = `SELECT id, state, count(*) AS clocks, ${sums.join(', ')} FROM clocks WHERE is_open = 1 GROUP BY state, id`;
  return db
    .all(sql, ...withinMs)
    .map(
      ({ id, state, clocks, ...row }) =>
        ({ id, state, clocks, within: withinMs.map((_, index) => row[`within${index}`]) }) as OpenClocks,
    );
}

export function breaches(db: ProjectionDatabase): Breaches {
  const rows = db.all(
    `SELECT json_extract(document, '$.code') AS code, count(*) AS files FROM files
     WHERE kind = 'violations' AND state NOT IN ('closed', 'dismissed') GROUP BY 1`,
  );
  const unreadNotices = db.get('SELECT unread FROM progress')?.unread as number;
  return { violations: rows as unknown as Breaches['violations'], unreadNotices };
}
