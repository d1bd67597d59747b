import { checkSettings, msOf, secondsSchema } from '../runtime/connector-config.js';
import { ConnectorConfigError } from '../runtime/connector-errors.js';
import {
  COLUMNS_SCHEMA,
  type ColumnTarget,
  columnTargets,
  type MappingConfig,
} from '../runtime/mapping/record-mapping.js';

export interface TableConfig extends MappingConfig {
  schema: string;
  table: string;
  /** Columns whose values, joined by `-`, are the record's identifier. Default: the primary key. */
  key: string[] | undefined;
}

export interface PostgresSourceConfig {
  /** Connection string of a user with the right to replicate. */
  database: string;
  tables: TableConfig[];
  /** Names of the slot and the publication at the server; default `sluice_<name>`. */
  slot: string;
  publication: string;
  /** Rows per chunk of a snapshot, held in memory until the stream has passed the position of the chunk. */
  snapshotRows: number;
  /** WAL that the slot may retain before it is dropped to protect the server's disk. */
  retainedWalMaxBytes: number;
  heartbeatMs: number;
}

interface Settings {
  database: string;
  tables: {
    table: string;
    entry: string;
    key?: string[];
    columns: Record<string, string | ColumnTarget>;
  }[];
  slot?: string;
  publication?: string;
  snapshotRows: number;
  maxRetainedWalMb: number;
  heartbeatSeconds: number;
}

/** The grammar of replication slot names; publications could have other names, but get the same by default. */
const NAME = { type: 'string', pattern: '^[a-z_][a-z0-9_]{0,62}$' };
const TEXT = { type: 'string', minLength: 1 };

const SCHEMA = {
  type: 'object',
  properties: {
    database: { type: 'string', pattern: '^postgres(ql)?://' },
    tables: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: {
          table: { type: 'string', pattern: '^[^.]+(\\.[^.]+)?$' },
          entry: TEXT,
          key: { type: 'array', items: TEXT, minItems: 1, uniqueItems: true },
          columns: COLUMNS_SCHEMA,
        },
        required: ['table', 'entry', 'columns'],
        additionalProperties: false,
      },
    },
    slot: NAME,
    publication: NAME,
    snapshotRows: { type: 'integer', minimum: 1, maximum: 100_000, default: 1_000 },
    maxRetainedWalMb: { type: 'number', exclusiveMinimum: 0, default: 1_024 },
    heartbeatSeconds: secondsSchema(30),
  },
  required: ['database', 'tables'],
  additionalProperties: false,
};

export function parsePostgresSourceConfig(settings: unknown, name: string): PostgresSourceConfig {
  const given = checkSettings<Settings>(settings, SCHEMA);
  const own = `sluice_${name.replaceAll('-', '_')}`;
  const tables = given.tables.map(({ table, entry, key, columns }) => ({
    ...tableName(table),
    entry,
    key,
    columns: columnTargets(columns),
  }));
  const problems = [
    ...repeated(tables.map(({ entry }) => entry)).map(
      (entry) => `tables: two of them feed ${entry}; make it a view of one`,
    ),
    ...repeated(tables.map(({ schema, table }) => `${schema}.${table}`)).map(
      (table) => `tables: ${table} is there twice; one entry has all its columns, and grants select from them`,
    ),
  ];
  if (problems.length > 0) throw new ConnectorConfigError(problems);
  return {
    database: given.database,
    tables,
    slot: given.slot ?? own,
    publication: given.publication ?? own,
    snapshotRows: given.snapshotRows,
    retainedWalMaxBytes: given.maxRetainedWalMb * 1024 * 1024,
    heartbeatMs: msOf(given.heartbeatSeconds),
  };
}

function tableName(text: string): { schema: string; table: string } {
  const [first, second] = text.split('.') as [string, string | undefined];
  return second === undefined ? { schema: 'public', table: first } : { schema: first, table: second };
}

const repeated = (names: readonly string[]): string[] => names.filter((name, index) => names.indexOf(name) !== index);
