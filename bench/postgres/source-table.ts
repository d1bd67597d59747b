import { FILLERS, ITEM_NAMES } from '../documents/bench-entry.js';
import type { Query } from './postgres-server.js';

export const SOURCE_TABLE = 'public.records';

/** Columns of the table are the items of the entry, by the same names in small letters. */
export const SOURCE_COLUMNS = Object.fromEntries(ITEM_NAMES.map((item) => [item.toLowerCase(), item]));

export async function makeSourceTable(query: Query): Promise<void> {
  const columns = Object.keys(SOURCE_COLUMNS).map((column) => `${column} text`);
  await query(`CREATE TABLE ${SOURCE_TABLE} (${columns.join(', ')}, PRIMARY KEY (recordid))`);
  await query(`ALTER TABLE ${SOURCE_TABLE} REPLICA IDENTITY FULL`);
}

/** Inserts by the server itself, so that nothing but its own work stands in the log. */
export async function insertRows(query: Query, prefix: string, rows: number, perTransaction: number): Promise<void> {
  const fillers = FILLERS.map(() => `'abcdefgh'`).join(', ');
  await query(`DO $$ BEGIN
    FOR part IN 0 .. ${Math.ceil(rows / perTransaction) - 1} LOOP
      INSERT INTO ${SOURCE_TABLE}
        SELECT '${prefix}' || (part * ${perTransaction} + i), (i % 50)::text, 'A-000017', '2026-11-24', ${fillers}
        FROM generate_series(1, ${perTransaction}) AS i;
      COMMIT;
    END LOOP;
  END $$`);
}
