import type pg from 'pg';
import { PeerGoneError, SinkUnfitError } from '../runtime/connector-errors.js';
import { quoteIdentifier, quoteTable } from '../runtime/postgres-client.js';
import type { PostgresSinkConfig } from './config.js';

/** `CREATE TABLE … (LIKE … INCLUDING ALL)` copies the mark too, and a restore gives the table another oid, but `sluice_positions` as well. */
export interface TableOids {
  table: string;
  positions: string;
}

/** The position that the table has reached; committed in the same transaction as its rows. */
export interface SinkProgress {
  log: string;
  /** 0: the log is read again from its start, to refill rows. */
  position: number;
  /** Set between the begin and the end of a snapshot, which deletes rows not written since `from`. */
  snapshot: { id: string; from: number } | undefined;
  /** Set while rows are refilled: events up to `until` only complete the row that they wrote before. */
  refill: { until: number; filled: number } | undefined;
  /** Column → content, of the columns that the sink has made; undefined in rows of earlier versions. */
  owned: Record<string, string> | undefined;
  /** Comment that marks the table; undefined for one that the sink did not create. */
  mark: string | undefined;
  /** Row filter of the grant under which the table is complete; undefined in rows of earlier versions. */
  rowFilter: string | undefined;
  /** Undefined in rows of earlier versions. */
  oids: TableOids | undefined;
}

type Target = Pick<PostgresSinkConfig, 'schema' | 'table' | 'grant' | 'cursor'>;

/** Columns that `sluice_positions` did not have at first. */
const LATER_COLUMNS = {
  columns: 'json',
  mark: 'text',
  oids: 'json',
  row_filter: 'text',
  refill_until: 'bigint',
  refill_filled: 'bigint',
};

/** One row per table in `sluice_positions` of the table's schema. */
export class ProgressTable {
  readonly #name: string;

  constructor(private readonly target: Target) {
    this.#name = `${quoteIdentifier(target.schema)}.sluice_positions`;
  }

  async create(client: pg.Client): Promise<void> {
    // PostgreSQL fails one of two sinks that create the table at the same time, in spite of IF NOT EXISTS.
    await client.query(
      `SELECT pg_advisory_xact_lock(hashtext('sluice_positions'));
       CREATE TABLE IF NOT EXISTS ${this.#name} (
         table_name text PRIMARY KEY, grant_id text NOT NULL, cursor_name text NOT NULL, log text NOT NULL,
         position bigint NOT NULL, snapshot_id text, snapshot_from bigint, updated_at timestamptz NOT NULL)`,
    );
    const { rows } = await client.query<{ name: string }>(
      'SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0',
      [this.#name],
    );
    const present = new Set(rows.map(({ name }) => name));
    for (const [name, type] of Object.entries(LATER_COLUMNS)) {
      if (!present.has(name)) await client.query(`ALTER TABLE ${this.#name} ADD COLUMN IF NOT EXISTS ${name} ${type}`);
    }
  }

  /** Undefined while nothing is stored. Throws SinkUnfitError when another grant or cursor fills the table. */
  async read(client: pg.Client): Promise<SinkProgress | undefined> {
    const { table, grant, cursor } = this.target;
    const { rows } = await client.query<Record<string, string | null>>(
      `SELECT * FROM ${this.#name} WHERE table_name = $1`,
      [table],
    );
    const [row] = rows;
    if (!row) return undefined;
    if (row.grant_id !== grant || row.cursor_name !== cursor) {
      throw new SinkUnfitError(
        `table ${table} is filled by grant ${row.grant_id}, cursor ${row.cursor_name}: choose another table`,
      );
    }
    return {
      log: row.log!,
      position: Number(row.position),
      snapshot: row.snapshot_id ? { id: row.snapshot_id, from: Number(row.snapshot_from) } : undefined,
      refill: row.refill_until ? { until: Number(row.refill_until), filled: Number(row.refill_filled) } : undefined,
      owned: row.columns ? (JSON.parse(row.columns) as Record<string, string>) : undefined,
      mark: row.mark ?? undefined,
      rowFilter: row.row_filter ?? undefined,
      oids: row.oids ? (JSON.parse(row.oids) as TableOids) : undefined,
    };
  }

  /**
   * Throws PeerGoneError when another instance has advanced it meanwhile, since the same events may be stored already, and when another table
   * has got the name, which the check at the next opening reports.
   */
  async advance(client: pg.Client, from: SinkProgress | undefined, to: SinkProgress): Promise<void> {
    const { table, grant, cursor } = this.target;
    const values = [
      table,
      grant,
      cursor,
      to.log,
      to.position,
      to.snapshot?.id ?? null,
      to.snapshot?.from ?? null,
      to.owned ? JSON.stringify(to.owned) : null,
      to.mark ?? null,
      to.refill?.until ?? null,
      to.refill?.filled ?? null,
      to.oids ? JSON.stringify(to.oids) : null,
      to.rowFilter ?? null,
    ];
    const { rowCount } = from
      ? await client.query(
          `UPDATE ${this.#name} SET log = $4, position = $5, snapshot_id = $6, snapshot_from = $7, columns = $8, mark = $9,
             refill_until = $10, refill_filled = $11, oids = $12, row_filter = $13, updated_at = now()
           WHERE table_name = $1 AND grant_id = $2 AND cursor_name = $3 AND log = $14 AND position = $15
             AND ($12::json->>'table')::oid IS NOT DISTINCT FROM to_regclass($16)::oid`,
          [...values, from.log, from.position, quoteTable(this.target)],
        )
      : await client.query(
          `INSERT INTO ${this.#name} (table_name, grant_id, cursor_name, log, position, snapshot_id, snapshot_from, columns, mark,
             refill_until, refill_filled, oids, row_filter, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now()) ON CONFLICT DO NOTHING`,
          values,
        );
    if (rowCount !== 1)
      throw new PeerGoneError(`another instance has advanced the position of table ${table}, or replaced it`);
  }
}
