import type pg from 'pg';
import { SourceUnfitError } from '../runtime/connector-errors.js';
import { quoteIdentifier, quoteTable } from '../runtime/postgres-client.js';
import type { TableConfig } from './config.js';
import type { TableFacts } from './table-mapping.js';

/** Reads a table's columns, key and replica identity from the system catalog. Throws SourceUnfitError when there is no such table. */
export async function readTableFacts(client: pg.Client, config: TableConfig): Promise<TableFacts> {
  const { rows: tables } = await client.query<{ oid: string; identity: string }>(
    `SELECT c.oid, c.relreplident AS identity FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind = 'r'`,
    [config.schema, config.table],
  );
  const [table] = tables;
  if (!table) throw new SourceUnfitError(`there is no table ${config.schema}.${config.table}`);
  const { rows } = await client.query<{ name: string; notnull: string; keyplace: string | null }>(
    `SELECT a.attname AS name, a.attnotnull AS notnull, array_position(i.indkey::int2[], a.attnum) AS keyplace
     FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
     WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped`,
    [table.oid],
  );
  const keyed = rows.filter(({ keyplace }) => keyplace !== null);
  return {
    replicaIdentity: table.identity,
    columns: new Set(rows.map(({ name }) => name)),
    notNull: new Set(rows.filter(({ notnull }) => notnull === 't').map(({ name }) => name)),
    primaryKey: keyed.sort((a, b) => Number(a.keyplace) - Number(b.keyplace)).map(({ name }) => name),
  };
}

/** Creates the publication, or sets its tables. One that has them all already is left as it is, which needs no right to change it. */
export async function preparePublication(
  client: pg.Client,
  name: string,
  tables: readonly TableConfig[],
): Promise<void> {
  const list = tables.map(quoteTable).join(', ');
  const { rows } = await client.query('SELECT 1 FROM pg_publication WHERE pubname = $1', [name]);
  if (rows.length === 0) {
    await client.query(`CREATE PUBLICATION ${quoteIdentifier(name)} FOR TABLE ${list}`);
    return;
  }
  const { rows: held } = await client.query<{ table: string }>(
    `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS table FROM pg_publication_tables WHERE pubname = $1`,
    [name],
  );
  const holds = new Set(held.map(({ table }) => table.replaceAll('"', '')));
  const isComplete = tables.every(({ schema, table }) => holds.has(`${schema}.${table}`));
  if (!isComplete) await client.query(`ALTER PUBLICATION ${quoteIdentifier(name)} SET TABLE ${list}`);
}
