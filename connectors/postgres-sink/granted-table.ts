import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { SinkUnfitError } from '../runtime/connector-errors.js';
import { quoteIdentifier, quoteTable } from '../runtime/postgres-client.js';
import type { Column } from './columns.js';
import type { SinkProgress, TableOids } from './progress.js';

/** Columns of the sink itself. Item names never start with an underscore. */
const SINK_COLUMNS = {
  _subject: 'text',
  _position: 'bigint',
  _time: 'timestamp with time zone',
} as const;
/** Comment on `_subject` by which a table is recognised: unlike the oid it survives a dump. */
const MARK = 'filled by sluice, ';

interface PresentColumn {
  type: string;
  /** An insert that leaves it out fails. */
  isRequired: boolean;
}

interface PresentTable {
  columns: ReadonlyMap<string, PresentColumn>;
  mark: string | undefined;
  hasRows: boolean;
  oids: TableOids;
}

/** The columns after a change of the granted items, and those whose values older rows lack. */
export interface EvolvedTable {
  mark: string | undefined;
  oids: TableOids;
  /** Column → content, of all columns that the sink has ever made; empty content: not granted at the moment. */
  owned: Record<string, string>;
  unfilled: string[];
}

/**
 * The table that the sink keeps equal to a grant: a column per granted item, keyed by the record's subject. It writes the columns that it
 * has made and no others; other columns are the department's. See docs/decisions/0082.
 */
export class GrantedTable {
  readonly name: string;

  constructor(readonly target: { schema: string; table: string }) {
    this.name = quoteTable(target);
  }

  /** Throws SinkUnfitError when table and stored position do not belong together. */
  async check(client: pg.Client, progress: SinkProgress | undefined): Promise<void> {
    const table = await this.#read(client);
    if (!progress) {
      if (!table?.columns.has('_subject') || !table.hasRows) return;
      throw this.unfit(`has rows, but no position is stored in sluice_positions`, 'empty it, or drop it');
    }
    if (!table) throw this.unfit(`is gone, but its position ${progress.position} is stored in sluice_positions`);
    const { mark, oids } = progress;
    const isCopy = oids?.positions === table.oids.positions && oids.table !== table.oids.table;
    if (isCopy || (mark !== undefined && table.mark !== mark)) {
      throw this.unfit('is another table than the one that was filled up to the position in sluice_positions');
    }
    const lost = Object.entries(progress.owned ?? {}).filter(
      ([name, content]) => content !== '' && !table.columns.has(name),
    );
    if (lost.length > 0) throw this.unfit(`has lost its column ${lost.map(([name]) => name).join(', ')}`);
  }

  /**
   * Creates the table, or adds the columns that it lacks. The column of an item that is no longer granted stays and is emptied: a
   * value that nobody keeps up to date, and may not be held, is worse than none.
   */
  async evolve(
    client: pg.Client,
    columns: readonly Column[],
    progress: SinkProgress | undefined,
  ): Promise<EvolvedTable> {
    const present = await this.#read(client);
    if (!present) {
      const mark = MARK + randomUUID();
      await client.query(this.#createStatement(columns));
      await client.query(`COMMENT ON COLUMN ${this.name}._subject IS '${mark}'`);
      return { mark, oids: await this.#readOids(client), owned: contentsOf(columns), unfilled: [] };
    }
    const owned = progress?.owned ?? adopted(columns, present);
    this.#checkColumns(present.columns, columns, owned);
    for (const { name, type } of columns.filter((column) => !present.columns.has(column.name))) {
      await client.query(`ALTER TABLE ${this.name} ADD COLUMN ${quoteIdentifier(name)} ${type}`);
    }
    const granted = contentsOf(columns);
    const revoked = Object.entries(owned).filter(([name, content]) => content !== '' && granted[name] === undefined);
    for (const column of revoked.map(([name]) => quoteIdentifier(name))) {
      await client.query(`UPDATE ${this.name} SET ${column} = NULL WHERE ${column} IS NOT NULL`);
    }
    return {
      mark: present.mark,
      oids: present.oids,
      owned: { ...Object.fromEntries(Object.keys(owned).map((name) => [name, ''])), ...granted },
      unfilled: columns.filter(({ name, content }) => owned[name] !== content).map(({ name }) => name),
    };
  }

  #createStatement(columns: readonly Column[]): string {
    const items = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}, `).join('');
    return `CREATE TABLE ${this.name} (_subject text PRIMARY KEY, ${items}
      _position bigint NOT NULL, _time timestamp with time zone NOT NULL)`;
  }

  async #read(client: pg.Client): Promise<PresentTable | undefined> {
    const { rows } = await client.query<Record<string, string | null>>(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, col_description(attrelid, attnum) AS comment,
         attnotnull AND NOT atthasdef AND attidentity = '' AND attgenerated = '' AS required
       FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
      [this.name],
    );
    if (rows.length === 0) return undefined;
    const { rows: some } = await client.query(`SELECT 1 FROM ${this.name} LIMIT 1`);
    const comment = rows.find(({ name }) => name === '_subject')?.comment;
    return {
      columns: new Map(rows.map(({ name, type, required }) => [name!, { type: type!, isRequired: required === 't' }])),
      mark: comment?.startsWith(MARK) ? comment : undefined,
      hasRows: some.length > 0,
      oids: await this.#readOids(client),
    };
  }

  async #readOids(client: pg.Client): Promise<TableOids> {
    const positions = quoteTable({ ...this.target, table: 'sluice_positions' });
    const { rows } = await client.query<{ table: string; positions: string }>(
      `SELECT to_regclass($1)::oid AS "table", to_regclass($2)::oid AS positions`,
      [this.name, positions],
    );
    return rows[0]!;
  }

  #checkColumns(
    present: ReadonlyMap<string, PresentColumn>,
    columns: readonly Column[],
    owned: Readonly<Record<string, string>>,
  ): void {
    const { schema, table } = this.target;
    for (const own of Object.keys(SINK_COLUMNS)) {
      if (!present.has(own))
        throw new SinkUnfitError(
          `${schema}.${table} has no column ${own}: it was not created by a sink; choose another table`,
        );
    }
    const wanted = new Map([
      ...Object.entries(SINK_COLUMNS),
      ...columns.map(({ name, type }) => [name, type] as const),
    ]);
    for (const [name, type] of wanted) {
      const found = present.get(name)?.type ?? type;
      if (found !== type) throw new SinkUnfitError(`${schema}.${table}.${name} is ${found}, the item needs ${type}`);
    }
    for (const [name, { isRequired }] of present) {
      if (Object.hasOwn(SINK_COLUMNS, name) || Object.hasOwn(owned, name)) continue;
      if (wanted.has(name)) {
        throw new SinkUnfitError(
          `${schema}.${table}.${name} was not made by this sink, but an item of that name is granted: rename it`,
        );
      }
      if (isRequired) {
        throw new SinkUnfitError(
          `${schema}.${table}.${name} is NOT NULL without a default, so no row can be inserted: give it one`,
        );
      }
    }
  }

  /** An error that names the table and the way to fill it again. */
  unfit(what: string, first = 'drop it where it is left'): SinkUnfitError {
    const { schema, table } = this.target;
    return new SinkUnfitError(
      `table ${schema}.${table} ${what}; to fill it again, ${first} and ` +
        `DELETE FROM ${schema}.sluice_positions WHERE table_name = '${table}'`,
    );
  }
}

const contentsOf = (columns: readonly Column[]): Record<string, string> =>
  Object.fromEntries(columns.map(({ name, content }) => [name, content]));

/** The granted columns that a table has which was filled by an earlier version, or which the department has prepared. */
const adopted = (columns: readonly Column[], { columns: present }: PresentTable): Record<string, string> =>
  contentsOf(columns.filter(({ name }) => present.has(name)));
