import type pg from 'pg';
import type { DeliveredEvent } from '../../proto/event/event.js';
import { quoteIdentifier } from '../runtime/postgres-client.js';
import type { Column } from './columns.js';
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

/** Applies events to the table and returns the snapshot that is open then. Runs in the caller's transaction. */
export async function applyEvents(
  client: pg.Client,
  target: RowTarget,
  events: readonly DeliveredEvent[],
  open: SinkProgress['snapshot'],
): Promise<SinkProgress['snapshot']> {
  const { rowSets, snapshot } = rowSetsOf(events, open);
  for (const rowSet of rowSets) {
    if (rowSet.upserts.size > 0) await upsert(client, target, [...rowSet.upserts.values()]);
    if (rowSet.deletes.size > 0) {
      await client.query(`DELETE FROM ${target.table} WHERE _subject = ANY($1::text[])`, [[...rowSet.deletes]]);
    }
    if (rowSet.dropBefore !== undefined) {
      await client.query(`DELETE FROM ${target.table} WHERE _position < $1`, [rowSet.dropBefore]);
    }
  }
  return snapshot;
}

/**
 * Completes rows with columns that were granted later, from the events that wrote the rows before. A row whose position is another one
 * was written by a later event, and a record without a row has ended: both are left as they are. Returns how many rows it completed.
 */
export async function refillRows(
  client: pg.Client,
  target: RowTarget,
  events: readonly DeliveredEvent[],
): Promise<number> {
  const withData = events.filter(({ data, subject }) => data !== undefined && subject !== undefined);
  if (withData.length === 0 || target.columns.length === 0) return 0;
  const names = target.columns.map(({ name }) => quoteIdentifier(name));
  const { rowCount } = await client.query(
    `UPDATE ${target.table} AS present SET ${names.map((name) => `${name} = row.${name}`).join(', ')}
     FROM ${recordsOf(target)} WHERE present._subject = row._subject AND present._position = row._position`,
    [jsonOf(withData)],
  );
  return rowCount ?? 0;
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
  await client.query(
    `INSERT INTO ${table} (${all.join(', ')}) SELECT ${all.join(', ')} FROM ${recordsOf({ columns })}
     ON CONFLICT (_subject) DO UPDATE SET ${all
       .slice(1)
       .map((name) => `${name} = EXCLUDED.${name}`)
       .join(', ')}`,
    [jsonOf(events)],
  );
}

/** The rows of `jsonOf` with the types of the columns. */
function recordsOf({ columns }: Pick<RowTarget, 'columns'>): string {
  const types = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`);
  return `json_to_recordset($1) AS row(${['_subject text', ...types, '_position bigint', '_time timestamptz'].join(', ')})`;
}

const jsonOf = (events: readonly DeliveredEvent[]): string =>
  JSON.stringify(
    events.map(({ subject, data, position, time }) => ({
      ...data,
      _subject: subject,
      _position: position,
      _time: time,
    })),
  );
