import type pg from 'pg';
import type { DeliveredEvent } from '../../proto/event/event.js';
import { quoteIdentifier } from '../runtime/postgres-client.js';
import type { Column } from './granted-table.js';
import type { SinkProgress } from './progress.js';

/** The net effect of consecutive events on a table: the last change of each record, then perhaps the end of a snapshot. */
interface RowSet {
  upserts: Map<string, DeliveredEvent>;
  deletes: Set<string>;
  /** End of a snapshot: rows not written since this position are deleted. */
  dropBefore: number | undefined;
}

export interface RowTarget {
  /** Quoted name. */
  table: string;
  columns: readonly Column[];
}

/** Applies events to the table and returns its new progress. Runs in the caller's transaction. */
export async function applyEvents(
  client: pg.Client,
  target: RowTarget,
  batch: { events: readonly DeliveredEvent[]; log: string; before: SinkProgress | undefined },
): Promise<SinkProgress> {
  const { rowSets, snapshot } = rowSetsOf(batch.events, batch.before?.snapshot);
  for (const rowSet of rowSets) {
    if (rowSet.upserts.size > 0) await upsert(client, target, [...rowSet.upserts.values()]);
    if (rowSet.deletes.size > 0) {
      await client.query(`DELETE FROM ${target.table} WHERE _subject = ANY($1::text[])`, [[...rowSet.deletes]]);
    }
    if (rowSet.dropBefore !== undefined) {
      await client.query(`DELETE FROM ${target.table} WHERE _position < $1`, [rowSet.dropBefore]);
    }
  }
  return { log: batch.log, position: batch.events.at(-1)!.position, snapshot };
}

function rowSetsOf(events: readonly DeliveredEvent[], open: SinkProgress['snapshot']) {
  const newRowSet = (): RowSet => ({ upserts: new Map(), deletes: new Set(), dropBefore: undefined });
  let snapshot = open;
  let rowSet = newRowSet();
  const rowSets = [rowSet];
  for (const event of events) {
    switch (event.op) {
      case 'snapshot_begin':
        snapshot = { id: event.snapshotid ?? '', from: event.position };
        break;
      case 'snapshot_end':
        // Ignored unless it is the end of the snapshot that began last: rows of another one were not tracked.
        if (snapshot && snapshot.id === (event.snapshotid ?? '')) {
          rowSet.dropBefore = snapshot.from;
          snapshot = undefined;
          rowSet = newRowSet();
          rowSets.push(rowSet);
        }
        break;
      default:
        applyChange(rowSet, event);
    }
  }
  return { rowSets, snapshot };
}

function applyChange({ upserts, deletes }: RowSet, event: DeliveredEvent): void {
  const subject = event.subject ?? '';
  const isGone = event.op === 'delete' || event.op === 'leave';
  upserts.delete(subject);
  deletes.delete(subject);
  if (isGone) deletes.add(subject);
  else upserts.set(subject, event);
}

/** Writes all rows by one statement; PostgreSQL converts the JSON to the types of the columns. */
async function upsert(client: pg.Client, { table, columns }: RowTarget, events: DeliveredEvent[]): Promise<void> {
  const names = columns.map(({ name }) => quoteIdentifier(name));
  const all = ['_subject', ...names, '_position', '_time'];
  const types = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`);
  const record = ['_subject text', ...types, '_position bigint', '_time timestamptz'].join(', ');
  const rows = events.map(({ subject, data, position, time }) => ({
    ...data,
    _subject: subject,
    _position: position,
    _time: time,
  }));
  await client.query(
    `INSERT INTO ${table} (${all.join(', ')}) SELECT ${all.join(', ')} FROM json_to_recordset($1) AS row(${record})
     ON CONFLICT (_subject) DO UPDATE SET ${all
       .slice(1)
       .map((name) => `${name} = EXCLUDED.${name}`)
       .join(', ')}`,
    [JSON.stringify(rows)],
  );
}
