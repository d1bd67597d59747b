import type { RecordData } from '../../proto/event/event.js';
import type { Row, Sql } from './database.js';
import { readJson, readText, storedJson, storedText } from './stored-text.js';

/** An event as it was delivered, and the day on which the check stored it. */
export interface PastEvent {
  number: number;
  day: string;
  record: string;
  position: number;
  op: string;
  data: RecordData | undefined;
}

const COLUMNS = 'number, day, record, position, op, data';

/** Every delivered event: the input of a replay. */
export class HistoryTable {
  constructor(private readonly schema: string) {}

  /** Subjects of which a grant ever delivered a record, in the order of their keys. */
  async subjects(
    sql: Sql,
    from: { grant: string; key: string | undefined; after: string },
    limit: number,
  ): Promise<string[]> {
    const subject = from.key === undefined ? 'record' : 'data->>$4';
    const rows = await sql.query(
      `SELECT DISTINCT subject COLLATE "C" AS subject FROM (SELECT ${subject} AS subject FROM ${this.schema}.history WHERE grant_id = $1) AS all_of_them
       WHERE subject COLLATE "C" > $2 ORDER BY 1 LIMIT $3`,
      from.key === undefined
        ? [from.grant, storedText(from.after), limit]
        : [from.grant, storedText(from.after), limit, from.key],
    );
    return rows.map((row) => readText(row.subject!));
  }

  /** Events of these records, in the order of delivery. */
  async ofRecords(sql: Sql, grant: string, records: readonly string[]): Promise<PastEvent[]> {
    const rows = await sql.query(
      `SELECT ${COLUMNS} FROM ${this.schema}.history
       WHERE grant_id = $1 AND record IN (SELECT json_array_elements_text($2)) ORDER BY number`,
      [grant, storedJson(records)],
    );
    return rows.map(pastEventOf);
  }

  /** Events of the records that ever had one of these values in an item. */
  async ofItem(sql: Sql, grant: string, item: string, values: readonly string[]): Promise<PastEvent[]> {
    const rows = await sql.query(
      `SELECT DISTINCT record FROM ${this.schema}.history
       WHERE grant_id = $1 AND data->>$2 IN (SELECT json_array_elements_text($3))`,
      [grant, item, storedJson(values)],
    );
    return this.ofRecords(
      sql,
      grant,
      rows.map(({ record }) => readText(record!)),
    );
  }
}

const pastEventOf = (row: Row): PastEvent => ({
  number: Number(row.number),
  day: row.day!,
  record: readText(row.record!),
  position: Number(row.position),
  op: row.op!,
  data: row.data == null ? undefined : readJson<RecordData>(row.data),
});
