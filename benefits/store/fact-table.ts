import type { DeliveredEvent, RecordData } from '../../proto/event/event.js';
import type { Fact } from '../rules/scope.js';
import type { Row, Sql } from './database.js';
import { readJson, readText, storedJson, storedText } from './stored-text.js';

/** An entry of a B-tree has at most 2,704 bytes, with the other columns of the index. */
const KEY_BYTES_MAX = 2_000;
const PROGRAM_LIMIT_EXCEEDED = '54000';

const isGone = ({ op }: DeliveredEvent): boolean => op === 'delete' || op === 'leave';

/** Facts of all grants: the last state of each record, and the history of its events. */
export class FactTable {
  constructor(
    private readonly schema: string,
    /** Grant → items by which records are joined to subjects, besides the record's own key. */
    private readonly joinItems: ReadonlyMap<string, ReadonlySet<string>>,
  ) {}

  /** Stores events in their order. Returns the join values that their records had or have: item → values. */
  async put(
    sql: Sql,
    grant: string,
    log: string,
    events: readonly DeliveredEvent[],
    today: string,
  ): Promise<Map<string, Set<string>>> {
    const rows = events.map((event) => ({
      record: event.subject ?? '',
      position: event.position,
      op: event.op,
      data: isGone(event) ? null : (event.data ?? {}),
    }));
    for (const { record } of rows) requireStorableKey(record);
    const last = new Map(rows.map((row) => [row.record, row]));
    const changed = await this.#rejoin(sql, grant, [...last.values()]);
    await sql.query(
      `INSERT INTO ${this.schema}.facts SELECT $1, record, position, $2, op, data
       FROM json_to_recordset($3) AS row (record text, position bigint, op text, data jsonb)
       ON CONFLICT (grant_id, record) DO UPDATE
       SET position = EXCLUDED.position, log = EXCLUDED.log, op = EXCLUDED.op, data = EXCLUDED.data`,
      [grant, log, storedJson([...last.values()])],
    );
    await sql.query(
      `INSERT INTO ${this.schema}.history (grant_id, record, log, position, day, op, data)
       SELECT $1, record, $2, position, $4, op, data
       FROM json_to_recordset($3) AS row (record text, position bigint, op text, data jsonb)
       ON CONFLICT (grant_id, record, log, position) DO UPDATE SET data = EXCLUDED.data`,
      [grant, log, storedJson(rows), today],
    );
    return changed;
  }

  /** Ends the records that this epoch of the log has not shown since `from`, by the event at `position`. Returns them. */
  async endUnseen(
    sql: Sql,
    grant: string,
    seen: { log: string; from: number },
    by: { position: number; op: string; today: string },
  ) {
    const rows = await sql.query(
      `UPDATE ${this.schema}.facts SET data = NULL, position = $4, op = $5, log = $2
       WHERE grant_id = $1 AND data IS NOT NULL AND (log <> $2 OR position < $3) RETURNING record`,
      [grant, seen.log, seen.from, by.position, by.op],
    );
    return this.#noteEnd(
      sql,
      grant,
      rows.map(({ record }) => readText(record!)),
      { ...by, log: seen.log },
    );
  }

  /** Ends one record, whatever is known of it. */
  async end(sql: Sql, grant: string, record: string, by: { log: string; position: number; op: string; today: string }) {
    await sql.query(
      `UPDATE ${this.schema}.facts SET data = NULL, log = $3, position = $4, op = $5 WHERE grant_id = $1 AND record = $2`,
      [grant, storedText(record), by.log, by.position, by.op],
    );
    return this.#noteEnd(sql, grant, [record], by);
  }

  async #noteEnd(
    sql: Sql,
    grant: string,
    records: readonly string[],
    by: { log: string; position: number; op: string; today: string },
  ) {
    await sql.query(
      `INSERT INTO ${this.schema}.history (grant_id, record, log, position, day, op, data)
       SELECT $1, record, $2, $3::bigint, $4, $5, NULL::jsonb
       FROM json_array_elements_text($6) AS record ON CONFLICT DO NOTHING`,
      [grant, by.log, by.position, by.today, by.op, storedJson(records)],
    );
    const changed = await this.#rejoin(
      sql,
      grant,
      records.map((record) => ({ record, data: null })),
    );
    return { records, changed };
  }

  /** Facts whose record's key is one of these. */
  async byRecord(sql: Sql, grant: string, records: readonly string[]): Promise<Map<string, Fact>> {
    const rows = await sql.query(
      `SELECT f.record, f.position, f.op, f.data FROM json_array_elements_text($2) AS wanted (record)
       JOIN ${this.schema}.facts f ON f.grant_id = $1 AND f.record = wanted.record`,
      [grant, storedJson(records)],
    );
    return new Map(rows.map((row) => [readText(row.record!), factOf(row)]));
  }

  /** Facts that hold one of these values in an item, in the order of their events. */
  async byItem(sql: Sql, grant: string, item: string, values: readonly string[]): Promise<Map<string, Fact[]>> {
    const rows = await sql.query(
      `SELECT j.value, f.record, f.position, f.op, f.data FROM json_array_elements_text($3) AS wanted (value)
       JOIN ${this.schema}.joins j ON j.grant_id = $1 AND j.item = $2 AND j.value = wanted.value
       JOIN ${this.schema}.facts f ON f.grant_id = j.grant_id AND f.record = j.record ORDER BY f.position`,
      [grant, item, storedJson(values)],
    );
    const found = new Map<string, Fact[]>();
    for (const row of rows) {
      const value = readText(row.value!);
      found.set(value, [...(found.get(value) ?? []), factOf(row)]);
    }
    return found;
  }

  /** Replaces the join values of these records. Returns the values before and after. */
  async #rejoin(
    sql: Sql,
    grant: string,
    rows: readonly { record: string; data: RecordData | null }[],
  ): Promise<Map<string, Set<string>>> {
    const items = this.joinItems.get(grant);
    const changed = new Map<string, Set<string>>();
    if (!items || rows.length === 0) return changed;
    const add = (item: string, value: string) => changed.set(item, (changed.get(item) ?? new Set()).add(value));
    const before = await sql.query(
      `DELETE FROM ${this.schema}.joins WHERE grant_id = $1 AND record IN (SELECT json_array_elements_text($2))
       RETURNING item, value`,
      [grant, storedJson(rows.map(({ record }) => record))],
    );
    for (const { item, value } of before) add(item!, readText(value!));
    const joins = rows.flatMap(({ record, data }) =>
      [...items].flatMap((item) => (data?.[item] === undefined ? [] : [{ item, value: String(data[item]), record }])),
    );
    for (const { item, value } of joins) {
      requireStorableKey(value);
      add(item, value);
    }
    await sql.query(
      `INSERT INTO ${this.schema}.joins SELECT $1, item, value, record
       FROM json_to_recordset($2) AS row (item text, value text, record text)`,
      [grant, storedJson(joins)],
    );
    return changed;
  }
}

/** As PostgreSQL reports a key that does not fit into an index, but the same for every table and value. */
function requireStorableKey(key: string): void {
  if (Buffer.byteLength(storedText(key)) <= KEY_BYTES_MAX) return;
  throw Object.assign(new RangeError('the key of a record is too long for an index'), { code: PROGRAM_LIMIT_EXCEEDED });
}

const factOf = ({ record, position, op, data }: Row): Fact => ({
  record: readText(record!),
  position: Number(position),
  op: op!,
  data: data == null ? undefined : readJson<RecordData>(data),
});
