import type pg from 'pg';
import { SourceUnfitError } from '../../runtime/connector-errors.js';
import type { TableConfig } from '../config.js';
import { typeDigest } from './type-digest.js';

/** The definition of a table in the system catalog. */
export interface TableFacts {
  oid: string;
  /** `pg_class.relkind`: r ordinary, p partitioned, v view, f foreign … */
  kind: string;
  isPermanent: boolean;
  replicaIdentity: string;
  /** Row security applies to this user, so queries return a part of the rows. */
  hasRowSecurity: boolean;
  /** Names of tables that inherit from it. */
  children: string[];
  columns: ReadonlyMap<string, ColumnFacts>;
  primaryKey: string[];
  uniqueKeys: UniqueKey[];
}

export interface ColumnFacts {
  /** Number and last change of the column and its type: differs after it was dropped and added, or its type was altered. */
  version: string;
  notNull: boolean;
  generated: 'stored' | 'virtual' | undefined;
  isReadable: boolean;
  /** Character between the elements of an array; undefined for a column of another type. */
  delimiter: string | undefined;
}

export interface UniqueKey {
  columns: string[];
  /** Checked at the end of a transaction, so that two rows may share a key within it. */
  isDeferrable: boolean;
}

type CatalogRow = Record<string, string | null>;

/** Reads a table's definition from the system catalog. Throws SourceUnfitError when there is no such table. */
export async function readTableFacts(client: pg.Client, config: TableConfig): Promise<TableFacts> {
  const { rows: tables } = await client.query<CatalogRow>(
    `SELECT c.oid, c.relkind, c.relpersistence, c.relreplident, row_security_active(c.oid) AS rowsecurity,
       (SELECT json_agg(inhrelid::regclass::text ORDER BY inhrelid) FROM pg_inherits WHERE inhparent = c.oid) AS children
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`,
    [config.schema, config.table],
  );
  const [table] = tables;
  if (!table)
    throw new SourceUnfitError(
      `there is no table ${config.schema}.${config.table}: correct schema and table in the settings`,
    );
  const keys = await readUniqueKeys(client, table.oid!);
  return {
    oid: table.oid!,
    kind: table.relkind!,
    isPermanent: table.relpersistence === 'p',
    replicaIdentity: table.relreplident!,
    hasRowSecurity: table.rowsecurity === 't',
    children: JSON.parse(table.children ?? '[]') as string[],
    columns: await readColumns(client, table.oid!),
    primaryKey: keys.find(({ isPrimary }) => isPrimary)?.columns ?? [],
    uniqueKeys: keys,
  };
}

async function readColumns(client: pg.Client, oid: string): Promise<Map<string, ColumnFacts>> {
  const { rows } = await client.query<CatalogRow>(
    `SELECT attname AS name, attnum, a.xmin, attnotnull, attgenerated, has_column_privilege(attrelid, attnum, 'SELECT') AS readable,
       (SELECT typdelim FROM pg_type t WHERE t.oid = a.atttypid AND t.typcategory = 'A') AS delimiter, ${typeDigest('a')} AS type
     FROM pg_attribute a WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped`,
    [oid],
  );
  return new Map(
    rows.map((row) => [
      row.name!,
      {
        version: [row.attnum, row.xmin, ...(row.type === null ? [] : [row.type])].join('.'),
        notNull: row.attnotnull === 't',
        generated: row.attgenerated === 's' ? 'stored' : row.attgenerated === 'v' ? 'virtual' : undefined,
        isReadable: row.readable === 't',
        delimiter: row.delimiter ?? undefined,
      },
    ]),
  );
}

/** Unique indexes over plain columns and all rows. */
async function readUniqueKeys(client: pg.Client, oid: string): Promise<(UniqueKey & { isPrimary: boolean })[]> {
  const { rows } = await client.query<CatalogRow>(
    `SELECT i.indisprimary, i.indimmediate,
       (SELECT json_agg(a.attname ORDER BY k.ordinal) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, ordinal)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE k.ordinal <= i.indnkeyatts) AS columns
     FROM pg_index i
     WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL`,
    [oid],
  );
  return rows.map((row) => ({
    columns: JSON.parse(row.columns!) as string[],
    isDeferrable: row.indimmediate === 'f',
    isPrimary: row.indisprimary === 't',
  }));
}
