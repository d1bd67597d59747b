import type { SourceEvent } from '../../../proto/event/event.js';
import type { RecordForm } from '../../runtime/mapping/record-form.js';
import type { SnapshotProgress } from '../progress.js';
import { positionFields } from '../stream/change-events.js';
import type { RowValues } from '../stream/row-reader.js';
import type { TableMapping } from '../tables/table-mapping.js';

/** Rows of a table as a statement found them, by subject. */
export interface ChunkRows {
  /** Everything that the rows show was committed before it. */
  lsn: bigint;
  rows: Map<string, RowValues>;
  /** Progress of the snapshot once the bus has this chunk. */
  after: SnapshotProgress;
}

/** Events per batch: bounds how long encoding one keeps the event loop, and lets batches of large rows share a request. */
const BATCH_EVENTS_MAX = 200;

/**
 * A chunk from its request to its publication. Records that the stream changes meanwhile are removed from it: the stream publishes
 * them, before the chunk or behind it, and the rows may be older.
 */
export class SnapshotChunk {
  #read: ChunkRows | undefined;
  /** Subjects that were changed before the rows have arrived. */
  #changed = new Set<string>();

  constructor(
    readonly mapping: TableMapping,
    /** The form of rows in the order of `mapping.columns`. */
    private readonly form: RecordForm<number>,
    /** It is `snapshot_begin` alone. */
    readonly isFirst: boolean,
  ) {}

  /** Undefined until the rows have arrived. */
  get read(): ChunkRows | undefined {
    return this.#read;
  }

  arrived(read: ChunkRows): void {
    for (const subject of this.#changed) read.rows.delete(subject);
    this.#changed = new Set();
    this.#read = read;
  }

  changed(subject: string): void {
    if (this.#read) this.#read.rows.delete(subject);
    else this.#changed.add(subject);
  }

  /** Its events in batches; `firstIndex` is the position of the first one among those with the LSN of the chunk. */
  eventBatches(epoch: string, firstIndex: number): SourceEvent[][] {
    const { lsn, rows, after } = this.#read!;
    const { mapping, form } = this;
    let index = firstIndex;
    const event = (op: SourceEvent['op'], subject?: string, row?: RowValues): SourceEvent => ({
      specversion: '1.0',
      type: mapping.entry,
      ...positionFields(epoch, `${lsn}.0.${index++}`),
      op,
      snapshotid: after.id,
      ...(row && { subject, data: form.dataOf(row) }),
    });
    const batches: SourceEvent[][] = [this.isFirst ? [event('snapshot_begin')] : []];
    for (const [subject, row] of rows) {
      if (batches.at(-1)!.length === BATCH_EVENTS_MAX) batches.push([]);
      batches.at(-1)!.push(event('snapshot', subject, row));
    }
    if (after.isDone) batches.at(-1)!.push(event('snapshot_end'));
    return batches;
  }
}
