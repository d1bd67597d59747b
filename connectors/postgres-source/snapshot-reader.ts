import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { SourceEvent } from '../../proto/event/event.js';
import type { Row } from '../runtime/mapping/record-mapping.js';
import { quoteIdentifier, quoteTable } from '../runtime/postgres-client.js';
import type { SnapshotOrigin, SnapshotProgress } from './progress.js';
import { currentWalLsn, emitHeartbeat } from './slot.js';
import { positionFields } from './stream/change-events.js';
import type { TableMapping } from './tables/table-mapping.js';

/** Rows of a table as of `lsn`; they are published when the stream has passed that position. */
export interface SnapshotChunk {
  mapping: TableMapping;
  lsn: bigint;
  rows: Row[];
  isFirst: boolean;
  /** Progress of the snapshot once the bus has this chunk. */
  after: SnapshotProgress;
}

/**
 * Reads a table in chunks by its key, while the stream goes on.
 *
 * An exported snapshot of the slot would be consistent by itself, but needs one transaction for the whole table, which holds back
 * vacuum and cannot be resumed after a crash. Here each chunk is a statement of its own, and a restart continues with the next
 * one. It is exact because the stream is followed until it has passed the LSN of the chunk, and records that changed
 * meanwhile are removed from the chunk: what remains is their state at that LSN. See docs/decisions/0020.
 */
export class SnapshotReader {
  constructor(
    private readonly client: pg.Client,
    private readonly rowsMax: number,
  ) {}

  /**
   * The first chunk is `snapshot_begin` alone. A row read with it that changes meanwhile would be published before the
   * begin, be left out after it, and be dropped by receivers at the end.
   */
  async read(
    mapping: TableMapping,
    before: SnapshotProgress | undefined,
    origin: SnapshotOrigin,
  ): Promise<SnapshotChunk> {
    const rows = before ? await this.#rows(mapping, before.lastKey) : [];
    // Read after the rows: everything that they show was committed before this LSN.
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
        ...origin,
      },
    };
  }

  async #rows(mapping: TableMapping, lastKey: string[] | undefined): Promise<Row[]> {
    const key = mapping.key.map(quoteIdentifier).join(', ');
    const placeholders = mapping.key.map((_column, index) => `$${index + 1}`).join(', ');
    const { rows } = await this.client.query<Row>(
      `SELECT ${mapping.columns.map(quoteIdentifier).join(', ')} FROM ONLY ${quoteTable(mapping.config)}
       ${lastKey ? `WHERE (${key}) > (${placeholders})` : ''} ORDER BY ${key} LIMIT ${this.rowsMax}`,
      lastKey ?? [],
    );
    return rows;
  }
}

/** Events of a chunk, with index 0 of its LSN: positions before whatever commits there. */
export function snapshotEvents(chunk: SnapshotChunk, touched: ReadonlySet<string>, epoch: string): SourceEvent[] {
  const { mapping, lsn, rows, isFirst, after } = chunk;
  let index = 0;
  const event = (op: SourceEvent['op'], rest: Partial<SourceEvent> = {}): SourceEvent => ({
    specversion: '1.0',
    type: mapping.entry,
    op,
    snapshotid: after.id,
    ...positionFields(epoch, `${lsn}.0.${index++}`),
    ...rest,
  });
  const untouched = rows.filter((row) => !touched.has(mapping.subjectOf(row)));
  return [
    ...(isFirst ? [event('snapshot_begin')] : []),
    ...untouched.map((row) => event('snapshot', { subject: mapping.subjectOf(row), data: mapping.dataOf(row) })),
    ...(after.isDone ? [event('snapshot_end')] : []),
  ];
}
