import type pg from 'pg';
import type { DeliveredEvent } from '../../proto/event/event.js';
import { quoteIdentifier } from '../runtime/postgres-client.js';
import type { Column } from './granted-table.js';
import type { Progress } from './progress.js';

/** What a run of events does to a table: the last word on each record, and then perhaps the end of a snapshot. */
interface Step {
  upserts: Map<string, DeliveredEvent>;
  deletes: Set<string>;
  /** Rows that nothing has touched since this position go. */
  dropBefore: number | undefined;
}

export interface RowTarget {
  /** Quoted. */
  table: string;
  columns: readonly Column[];
}

/** Applies events to the table and returns where it then stands. Runs in the caller's transaction. */
export async function applyEvents(
  client: pg.Client,
  target: RowTarget,
  batch: { events: readonly DeliveredEvent[]; log: string; before: Progress | undefined },
): Promise<Progress> {
  const { steps, snapshot } = stepsOf(batch.events, batch.before?.snapshot);
  for (const step of steps) {
    if (step.upserts.size > 0) await upsert(client, target, [...step.upserts.values()]);
    if (step.deletes.size > 0) {
      await client.query(`DELETE FROM ${target.table} WHERE _subject = ANY($1::text[])`, [[...step.deletes]]);
    }
    if (step.dropBefore !== undefined) {
      await client.query(`DELETE FROM ${target.table} WHERE _position < $1`, [step.dropBefore]);
    }
  }
  return { log: batch.log, position: batch.events.at(-1)!.position, snapshot };
}

function stepsOf(events: readonly DeliveredEvent[], open: Progress['snapshot']) {
  const newStep = (): Step => ({ upserts: new Map(), deletes: new Set(), dropBefore: undefined });
  let snapshot = open;
  let step = newStep();
  const steps = [step];
  for (const event of events) {
    switch (event.op) {
      case 'snapshot_begin':
        snapshot = { id: event.snapshotid ?? '', from: event.position };
        break;
      case 'snapshot_end':
        // The end of another snapshot than the one that began says nothing about what was seen.
        if (snapshot && snapshot.id === (event.snapshotid ?? '')) {
          step.dropBefore = snapshot.from;
          snapshot = undefined;
          step = newStep();
          steps.push(step);
        }
        break;
      default:
        noteChange(step, event);
    }
  }
  return { steps, snapshot };
}

function noteChange({ upserts, deletes }: Step, event: DeliveredEvent): void {
  const subject = event.subject ?? '';
  const isGone = event.op === 'delete' || event.op === 'leave';
  upserts.delete(subject);
  deletes.delete(subject);
  if (isGone) deletes.add(subject);
  else upserts.set(subject, event);
}

/** One statement for all rows; PostgreSQL turns the JSON into the columns' types. */
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
