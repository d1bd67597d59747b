import type { WrittenEvent } from '../../runtime/source/event-writer.js';
import type { SnapshotProgress } from '../progress.js';
import type { EventEncoder } from '../stream/event-encoder.js';
import type { RowValues } from '../stream/row-values.js';
import type { TableForm } from '../stream/table-form.js';
import type { TableMapping } from '../tables/table-mapping.js';

/** Rows of a table as a statement found them, by subject. */
export interface ChunkRows {
  /** Everything that the rows show was committed before it. */
  lsn: bigint;
  rows: Map<string, RowValues>;
  /** Progress of the snapshot once the bus has this chunk. */
  after: SnapshotProgress;
}

/** Some events of a chunk; the last ones may be none. */
export interface ChunkBatch {
  events: WrittenEvent[];
  isLast: boolean;
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
    private readonly form: TableForm,
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
  *eventBatches(encoder: EventEncoder, firstIndex: number): Generator<ChunkBatch> {
    const { rows, after } = this.#read!;
    const { form } = this;
    const { entry } = this.mapping;
    const snapshotId = after.id;
    const lsn = String(this.#read!.lsn);
    let index = firstIndex;
    let events: WrittenEvent[] = [];
    if (this.isFirst) events.push(encoder.edge('snapshot_begin', { entry, snapshotId, lsn, index: index++ }));
    for (const [subject, row] of rows) {
      if (events.length === BATCH_EVENTS_MAX) {
        yield { events, isLast: false };
        events = [];
      }
      events.push(encoder.row({ form, snapshotId, lsn, index: index++, subject, row }));
    }
    if (after.isDone) events.push(encoder.edge('snapshot_end', { entry, snapshotId, lsn, index }));
    yield { events, isLast: true };
  }
}
