import type { TableConfig } from '../config.js';
import type { TableFacts } from './table-facts.js';

/** From this version on a table with generated columns and full replica identity needs a publication that publishes them. */
export const GENERATED_COLUMNS_VERSION = 180_000;

const KINDS: Record<string, string> = {
  p: 'it is a partitioned table: snapshots and streams of its partitions cannot be brought together',
  v: 'it is a view, which has no replication stream',
  m: 'it is a materialized view, which has no replication stream',
  f: 'it is a foreign table, which has no replication stream',
};

/** Every reason why a table cannot be published completely, or why publishing it would make the department's statements fail. */
export function tableProblems(
  config: TableConfig,
  key: readonly string[],
  facts: TableFacts,
  serverVersion: number,
): string[] {
  const kind = KINDS[facts.kind];
  if (kind !== undefined) return [kind];
  return [
    ...rowProblems(config, facts),
    ...columnProblems(config, key, facts, serverVersion),
    ...keyProblems(key, facts),
  ];
}

/** Snapshot and stream must see the same rows. */
function rowProblems({ schema, table }: TableConfig, facts: TableFacts): string[] {
  const problems: string[] = [];
  if (!facts.isPermanent) problems.push('it is unlogged or temporary, so its changes are not in the WAL');
  if (facts.children.length > 0) {
    const children = facts.children.join(', ');
    problems.push(`it has the child tables ${children}: queries return their rows, its replication stream does not`);
  }
  if (facts.hasRowSecurity) {
    problems.push('row security hides rows from this user: give it BYPASSRLS, since the stream shows all rows');
  }
  if (facts.replicaIdentity !== 'f') {
    problems.push(`updates and deletes lack the previous row: ALTER TABLE ${schema}.${table} REPLICA IDENTITY FULL`);
  }
  return problems;
}

function columnProblems(config: TableConfig, key: readonly string[], facts: TableFacts, serverVersion: number) {
  const problems: string[] = [];
  const canPublishGenerated = serverVersion >= GENERATED_COLUMNS_VERSION;
  const used = new Set([...Object.keys(config.columns), ...key]);
  for (const name of used) {
    const column = facts.columns.get(name);
    if (!column) problems.push(`there is no column ${name}`);
    else if (!column.isReadable) problems.push(`this user may not read column ${name}: GRANT SELECT`);
    else if (column.delimiter !== undefined && column.delimiter !== ',')
      problems.push(`column ${name} is an array of boxes, which is written in a form of its own: map a text of it`);
    else if (column.generated !== undefined && !canPublishGenerated) {
      problems.push(`column ${name} is generated: this PostgreSQL does not replicate it`);
    }
  }
  for (const [name, { generated }] of facts.columns) {
    if (generated === 'virtual') {
      problems.push(
        `column ${name} is a virtual generated column: with REPLICA IDENTITY FULL and a publication PostgreSQL refuses updates`,
      );
    }
  }
  return problems;
}

/** A key that is not unique would make one record of two rows. */
function keyProblems(key: readonly string[], facts: TableFacts): string[] {
  if (key.length === 0) return ['the table has no primary key: set `key` to columns with a unique index'];
  const nullable = key.filter((name) => facts.columns.get(name)?.notNull === false);
  if (nullable.length > 0) return [`the key column ${nullable.join(', ')} may be null: ALTER COLUMN … SET NOT NULL`];
  const isUnique = facts.uniqueKeys.some(({ columns }) => columns.every((column) => key.includes(column)));
  return isUnique ? [] : [`no unique index guarantees that the key ${key.join(', ')} is unique`];
}

/** The key is unique only at the end of each transaction: no index that is checked at once covers it. */
export function isKeyDeferrable(key: readonly string[], facts: TableFacts): boolean {
  return !facts.uniqueKeys.some(
    ({ columns, isDeferrable }) => !isDeferrable && columns.every((column) => key.includes(column)),
  );
}

/** PostgreSQL refuses updates of such a table while a publication has it. */
export function endangersUpdates({ replicaIdentity, primaryKey, columns }: TableFacts): boolean {
  const hasVirtual = [...columns.values()].some(({ generated }) => generated === 'virtual');
  const hasIdentity =
    replicaIdentity === 'f' || replicaIdentity === 'i' || (replicaIdentity === 'd' && primaryKey.length > 0);
  return !hasIdentity || (replicaIdentity === 'f' && hasVirtual);
}
