import type pg from 'pg';
import type { ItemType } from '../../proto/entry/entry.js';
import type { DeliveredItem } from '../../proto/frames/frames.js';
import { SinkUnfitError } from '../runtime/connector-errors.js';
import { quoteIdentifier, quoteTable } from '../runtime/postgres-client.js';

const COLUMN_TYPES: Record<ItemType, string> = {
  string: 'text',
  code: 'text',
  integer: 'bigint',
  number: 'double precision',
  boolean: 'boolean',
  date: 'date',
  datetime: 'timestamp with time zone',
  decimal: 'numeric',
  object: 'jsonb',
};

/** Columns of the sink itself. Item names never start with an underscore. */
const SINK_COLUMNS = {
  _subject: 'text',
  _position: 'bigint',
  _time: 'timestamp with time zone',
} as const;

export interface Column {
  name: string;
  type: string;
}

export const columnOf = ({ name, type, list }: DeliveredItem): Column => ({
  name,
  // A list of objects is one jsonb document, which is easier to query than an array of jsonb.
  type: type === 'object' || !list ? COLUMN_TYPES[type] : `${COLUMN_TYPES[type]}[]`,
});

/** The table that the sink keeps equal to a grant: a column per granted item, keyed by the record's subject. */
export class GrantedTable {
  readonly name: string;

  constructor(readonly target: { schema: string; table: string }) {
    this.name = quoteTable(target);
  }

  /**
   * Creates the table, or adds the columns that it lacks. A column whose item is not granted any more stays and is emptied: a
   * value that nobody keeps up to date, and may not be held, is worse than none.
   */
  async evolve(client: pg.Client, columns: readonly Column[]): Promise<void> {
    const wanted = new Map(columns.map(({ name, type }) => [name, type]));
    await client.query(this.#createStatement(columns));
    const present = await this.#columns(client);
    this.#checkTypes(present, new Map([...Object.entries(SINK_COLUMNS), ...wanted]));
    for (const { name, type } of columns) {
      if (!present.has(name)) {
        await client.query(`ALTER TABLE ${this.name} ADD COLUMN ${quoteIdentifier(name)} ${type}`);
      }
    }
    const revoked = [...present.keys()].filter((name) => !name.startsWith('_') && !wanted.has(name));
    for (const column of revoked.map(quoteIdentifier)) {
      await client.query(`UPDATE ${this.name} SET ${column} = NULL WHERE ${column} IS NOT NULL`);
    }
  }

  #createStatement(columns: readonly Column[]): string {
    const items = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}, `).join('');
    return `CREATE TABLE IF NOT EXISTS ${this.name} (_subject text PRIMARY KEY, ${items}
      _position bigint NOT NULL, _time timestamp with time zone NOT NULL)`;
  }

  async #columns(client: pg.Client): Promise<Map<string, string>> {
    const { rows } = await client.query<{ name: string; type: string }>(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
       WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
      [this.name],
    );
    return new Map(rows.map(({ name, type }) => [name, type]));
  }

  #checkTypes(present: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): void {
    const { schema, table } = this.target;
    for (const own of Object.keys(SINK_COLUMNS)) {
      if (!present.has(own))
        throw new SinkUnfitError(
          `${schema}.${table} has no column ${own}: it was not created by a sink; choose another table`,
        );
    }
    for (const [name, type] of wanted) {
      const found = present.get(name) ?? type;
      if (found !== type) throw new SinkUnfitError(`${schema}.${table}.${name} is ${found}, the item needs ${type}`);
    }
  }
}
