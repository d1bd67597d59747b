import type { SourceEvent } from '../../proto/event/event.js';
import type { Sql } from './database.js';

/** A decision event before the outbox gives it its number. */
export type UnnumberedEvent = Pick<SourceEvent, 'type' | 'op' | 'subject' | 'data' | 'previous'>;

/** Decision events that the bus may not have yet, in the order of their decisions. */
export class OutboxTable {
  constructor(private readonly schema: string) {}

  async add(sql: Sql, events: readonly UnnumberedEvent[]): Promise<void> {
    if (events.length === 0) return;
    await sql.query(
      `INSERT INTO ${this.schema}.outbox (event) SELECT event FROM json_array_elements_text($1) WITH ORDINALITY AS row (event, place)
       ORDER BY place`,
      [JSON.stringify(events.map((event) => JSON.stringify(event)))],
    );
  }

  async after(sql: Sql, number: number, limit: number): Promise<{ number: number; event: UnnumberedEvent }[]> {
    const rows = await sql.query(
      `SELECT number, event FROM ${this.schema}.outbox WHERE number > $1 ORDER BY number LIMIT $2`,
      [number, limit],
    );
    return rows.map((row) => ({ number: Number(row.number), event: JSON.parse(row.event!) as UnnumberedEvent }));
  }

  async deleteThrough(sql: Sql, through: number): Promise<void> {
    await sql.query(`DELETE FROM ${this.schema}.outbox WHERE number <= $1`, [through]);
  }

  async size(sql: Sql): Promise<number> {
    const [row] = await sql.query(`SELECT count(*) AS size FROM ${this.schema}.outbox`);
    return Number(row?.size ?? 0);
  }

  /** Distinguishes the numbers of this store from those of any other. */
  async epoch(sql: Sql): Promise<string> {
    const [row] = await sql.query(`SELECT value FROM ${this.schema}.settings WHERE name = 'epoch'`);
    return row!.value!;
  }
}
