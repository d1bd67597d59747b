import { join } from 'node:path';
import Database from 'libsql';

/** All rows of a projection whose process has ended, by table, in an order that does not depend on how they were written. */
export function projectionRows(folder: string, file = 'files-1.db'): Record<string, unknown> {
  const db = new Database(join(folder, file));
  const tables = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).all() as {
    name: string;
  }[];
  const rows = tables.map(({ name }) => [name, db.prepare(`SELECT * FROM ${name}`).raw().all()]);
  db.close();
  return Object.fromEntries(
    rows.map(([name, all]) => [name, (all as unknown[][]).map((row) => JSON.stringify(row)).sort()]),
  );
}
