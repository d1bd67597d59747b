import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { SourceEvent } from '../../proto/event/event.js';
import type { Row } from '../runtime/mapping/record-mapping.js';
import { quoteIdentifier, quoteTable } from '../runtime/postgres-client.js';
import { placeOf } from './change-events.js';
import type { SnapshotProgress } from './progress.js';
import { currentWalLsn, emitHeartbeat } from './slot.js';
import type { TableMapping } from './table-mapping.js';

/** Rows of a table as they were when the log stood at `lsn`; they go out when the stream has come as far. */
export interface SnapshotChunk {
  mapping: TableMapping;
  lsn: bigint;
  rows: Row[];
  isFirst: boolean;
  /** Where the snapshot stands when the bus has this chunk. */
  after: SnapshotProgress;
}

/**
 * Reads a table in chunks by its key, while the stream goes on. A chunk is read by a statement of its own, long after the slot
 * was made, so it needs no exported snapshot, no long transaction, and a restart goes on with the next chunk. What makes it
 * exact: the stream is followed until it has passed the chunk's place in the WAL, and of a record that the stream
 * spoke of meanwhile the stream is right, so it is taken out of the chunk. What remains is the state of these records at that place
 * of the stream: no gap, and no change twice.
 */
export class SnapshotReader {
  constructor(
    private readonly client: pg.Client,
    private readonly rowsMax: number,
  ) {}

  /**
   * The first chunk is the beginning alone. Were rows read with it, then one that changes meanwhile would be told before the
   * beginning and left out behind it, and receivers would drop it at the end.
   */
  async read(mapping: TableMapping, before: SnapshotProgress | undefined): Promise<SnapshotChunk> {
    const rows = before ? await this.#rows(mapping, before.lastKey) : [];
    // After the rows: everything that they show was committed before this place.
    const lsn = await currentWalLsn(this.client);
    await emitHeartbeat(this.client);
    const last = rows.at(-1);
    return {
      mapping,
      lsn,
      rows,
      isFirst: before === undefined,
      after: {
        id: before?.id ?? randomUUID(),
        lastKey: last ? mapping.key.map((column) => String(last[column])) : before?.lastKey,
        isDone: before !== undefined && rows.length < this.rowsMax,
      },
    };
  }

  async #rows(mapping: TableMapping, lastKey: string[] | undefined): Promise<Row[]> {
    const key = mapping.key.map(quoteIdentifier).join(', ');
    const places = mapping.key.map((_column, index) => `$${index + 1}`).join(', ');
    const { rows } = await this.client.query<Row>(
      `SELECT ${mapping.columns.map(quoteIdentifier).join(', ')} FROM ${quoteTable(mapping.config)}
       ${lastKey ? `WHERE (${key}) > (${places})` : ''} ORDER BY ${key} LIMIT ${this.rowsMax}`,
      lastKey ?? [],
    );
    return rows;
  }
}

/** Chunks stand before whatever was committed at their place: index 0 of it. */
export function chunkEvents(chunk: SnapshotChunk, touched: ReadonlySet<string>, epoch: string): SourceEvent[] {
  const { mapping, lsn, rows, isFirst, after } = chunk;
  let index = 0;
  const event = (op: SourceEvent['op'], rest: Partial<SourceEvent> = {}): SourceEvent => ({
    specversion: '1.0',
    type: mapping.entry,
    op,
    snapshotid: after.id,
    ...placeOf(epoch, `${lsn}.0.${index++}`),
    ...rest,
  });
  const untouched = rows.filter((row) => !touched.has(mapping.subjectOf(row)));
  return [
    ...(isFirst ? [event('snapshot_begin')] : []),
    ...untouched.map((row) => event('snapshot', { subject: mapping.subjectOf(row), data: mapping.dataOf(row) })),
    ...(after.isDone ? [event('snapshot_end')] : []),
  ];
}
