import type { Clock } from '../clock/clock.js';
import type { ProjectionDatabase } from './database.js';

export interface OpenClocksQuery {
  /** `next` of the page before. */
  after: number;
  limit: number;
}

/** A clock that is running, paused, or late without the act that it asked for. */
export type OpenClock = Pick<Clock, 'id' | 'state' | 'lateFrom'>;

export interface OpenClocksPage {
  clocks: OpenClock[];
  /** Absent on the last page. */
  next?: number;
}

/** Numbers of violations and of unread notices. */
export interface Breaches {
  /** Violations that are neither closed nor dismissed, by their code. */
  violations: { code: string; files: number }[];
  /** Notices that their department has not read; one to everybody does not count. */
  unreadNotices: number;
}

export function openClocks(db: ProjectionDatabase, { after, limit }: OpenClocksQuery): OpenClocksPage {
  const sql = `SELECT n, clock FROM clocks WHERE n > ? AND state <> 'met' ORDER BY n LIMIT ?`;
  const rows = db.all(sql, after, limit) as { n: number; clock: string }[];
  const clocks: OpenClock[] = [];
  for (const { clock } of rows) {
    const { id, state, lateFrom, doneAt } = JSON.parse(clock) as Clock;
    if (doneAt === undefined) clocks.push({ id, state, lateFrom });
  }
  return { clocks, ...(rows.length === limit && { next: rows.at(-1)?.n as number }) };
}

export function breaches(db: ProjectionDatabase): Breaches {
  const rows = db.all(
    `SELECT json_extract(document, '$.code') AS code, count(*) AS files FROM files
     WHERE kind = 'violations' AND state NOT IN ('closed', 'dismissed') GROUP BY 1`,
  );
  const unreadNotices = db.get('SELECT unread FROM progress')?.unread as number;
  return { violations: rows as unknown as Breaches['violations'], unreadNotices };
}
