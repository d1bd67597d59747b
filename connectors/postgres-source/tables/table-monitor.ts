import type pg from 'pg';
import type { TableConfig } from '../config.js';
import { typeDigest } from './type-digest.js';

/** Bounds how long a replaced or altered table goes unnoticed; one query of the system catalog each. */
const CHECK_INTERVAL_MS = 2_000;

/**
 * Detects that a table or the publication is not what it was when the session was opened: replaced under its name, altered, taken out
 * of the publication. The stream alone would not show it: changes of a new table are not published, and altering a column
 * rewrites values without a change event. See docs/decisions/0080.
 */
export class TableMonitor {
  #timer: NodeJS.Timeout | undefined;
  #isChecking = false;

  constructor(
    private readonly client: pg.Client,
    private readonly tables: readonly TableConfig[],
    private readonly publication: string,
    /** `definitionsOf` as of the check of the tables. */
    private readonly expected: string,
  ) {}

  start(onChange: () => void): void {
    this.#timer = setInterval(() => void this.#check(onChange), CHECK_INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #check(onChange: () => void): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    try {
      if ((await definitionsOf(this.client, this.tables, this.publication)) !== this.expected) onChange();
    } catch {
      // A broken connection ends the session by itself.
    } finally {
      this.#isChecking = false;
    }
  }
}

/** A digest of everything in the system catalog that the checks of tables and publication look at. */
export async function definitionsOf(
  client: pg.Client,
  tables: readonly TableConfig[],
  publication: string,
): Promise<string> {
  const { rows } = await client.query<{ digest: string }>(
    `WITH tables AS (
       SELECT c.* , c.oid AS id, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE (n.nspname, c.relname) IN (SELECT t.schema, t."table" FROM json_to_recordset($1) AS t (schema text, "table" text))),
     publications AS (SELECT oid AS id, xmin AS change FROM pg_publication WHERE pubname = $2)
     SELECT md5(coalesce(string_agg(fact, ' ' ORDER BY fact), '')) AS digest FROM (
       SELECT concat_ws(',', 'table', id, nspname, relname, relkind, relpersistence, relreplident, row_security_active(id)) FROM tables
       UNION ALL SELECT concat_ws(',', 'column', attrelid, attnum, a.xmin, ${typeDigest('a')}) FROM pg_attribute a
         WHERE attrelid IN (SELECT id FROM tables) AND attnum > 0
       UNION ALL SELECT concat_ws(',', 'child', inhparent, inhrelid) FROM pg_inherits WHERE inhparent IN (SELECT id FROM tables)
       UNION ALL SELECT concat_ws(',', 'index', indrelid, indkey, indisunique, indisprimary, indimmediate, indisvalid) FROM pg_index
         WHERE indrelid IN (SELECT id FROM tables)
       UNION ALL SELECT concat_ws(',', 'publication', id, change) FROM publications
       UNION ALL SELECT concat_ws(',', 'member', oid, xmin) FROM pg_publication_rel WHERE prpubid IN (SELECT id FROM publications)
     ) AS facts (fact)`,
    [JSON.stringify(tables.map(({ schema, table }) => ({ schema, table }))), publication],
  );
  return rows[0]!.digest;
}
