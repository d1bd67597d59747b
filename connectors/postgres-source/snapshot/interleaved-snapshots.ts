import type pg from 'pg';
import type { SnapshotOrigin, SnapshotProgress } from '../progress.js';
import { changedSubjects } from '../stream/change-events.js';
import { TableForm } from '../stream/table-form.js';
import type { StreamItem } from '../stream/transaction-reader.js';
import type { TableMapping } from '../tables/table-mapping.js';
import { DeliveredTransactions } from './delivered-transactions.js';
import { SnapshotChunk } from './snapshot-chunk.js';
import { SnapshotReader } from './snapshot-reader.js';

/** One whose events are taken, others that wait for the stream to pass them, and one that is read. Bounds memory. */
const CHUNKS_MAX = 4;

export interface InterleavedSnapshotsDeps {
  client: pg.Client;
  rowsMax: number;
  mappings: readonly TableMapping[];
  /** By name of the table, as stored. */
  progress: Readonly<Record<string, SnapshotProgress>>;
  origins: ReadonlyMap<string, SnapshotOrigin>;
  /** A chunk has arrived: the server has to report that it has sent everything before it. */
  onChunk(): void;
  onError(error: unknown): void;
  /** Called every half minute while a chunk waits for transactions of others. */
  onWait(reason: string): void;
}

/**
 * The snapshots of a session, placed into its stream.
 *
 * A chunk has to wait until the stream has passed the LSN at which it was read: one after the other they spend a flush of the WAL
 * and two round trips each. So several are read ahead while the stream goes on. The stream may then return a change from behind a
 * chunk's LSN before the rows of the chunk arrive.
 *
 * Invariants: the source position of a chunk is above those of everything returned before it and below those of everything after
 * it, else the bus would take it for a duplicate; a record that the stream returned since the chunk was requested is not in it; a
 * chunk is requested only once every transaction that the stream has returned is visible to it, and its table's `snapshot_begin` is
 * returned; at most `CHUNKS_MAX` chunks are in memory. See docs/decisions/0217.
 */
export class InterleavedSnapshots {
  readonly #reader: SnapshotReader;
  readonly #delivered = new DeliveredTransactions();
  /** By table: progress after the last chunk that was read. */
  readonly #read: Map<string, SnapshotProgress>;
  readonly #forms: ReadonlyMap<TableMapping, TableForm>;
  #chunks: SnapshotChunk[] = [];
  #isReading = false;
  #isClosed = false;
  /** Above the position of every change that was returned. */
  #floorLsn = 0n;
  /** LSN of the last chunk that was returned, and how many events have it. */
  #last = { lsn: 0n, events: 0 };

  constructor(private readonly deps: InterleavedSnapshotsDeps) {
    this.#reader = new SnapshotReader(deps.client, deps.rowsMax, this.#delivered, deps.onWait);
    this.#read = new Map(Object.entries(deps.progress));
    this.#forms = new Map(deps.mappings.map((mapping) => [mapping, new TableForm(mapping.byIndex(mapping.columns))]));
  }

  /** Reads on until there is nothing more to read, or the chunks have to be taken first. */
  readAhead(): void {
    if (this.#isReading || this.#isClosed || this.#chunks.length >= CHUNKS_MAX) return;
    const mapping = this.deps.mappings.find(({ name }) => !this.#read.get(name)?.isDone);
    if (mapping && !this.#chunks.some((chunk) => chunk.isFirst && chunk.mapping === mapping))
      void this.#request(mapping);
  }

  /** Takes the chunk whose place in the stream is before `lsn`, if there is one. */
  takeBefore(lsn: bigint): SnapshotChunk | undefined {
    const first = this.#chunks[0];
    return first?.read && first.read.lsn <= lsn ? this.#chunks.shift() : undefined;
  }

  /** Index of the first event of a chunk that was taken: several chunks may have one LSN. */
  firstIndexOf({ read }: SnapshotChunk): number {
    const { lsn, rows } = read!;
    const index = this.#last.lsn === lsn ? this.#last.events : 0;
    // One more for the begin or the end.
    this.#last = { lsn, events: index + rows.size + 2 };
    return index;
  }

  /** Records changes that the stream returns now. */
  changed({ changes, commitLsn, xid, rereads }: StreamItem & { kind: 'changes' }): void {
    this.#floorLsn = commitLsn + 1n;
    this.#delivered.add(xid);
    for (const { name } of rereads) this.#read.delete(name);
    // The usual case, for each transaction of a backlog.
    if (this.#chunks.length === 0) return;
    this.#chunks = this.#chunks.filter(({ mapping }) => !rereads.includes(mapping));
    for (const mapping of new Set(this.#chunks.map((chunk) => chunk.mapping))) {
      const chunks = this.#chunks.filter((chunk) => chunk.mapping === mapping);
      for (const subject of changedSubjects(changes, mapping)) for (const chunk of chunks) chunk.changed(subject);
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  async #request(mapping: TableMapping): Promise<void> {
    const { origins, onChunk, onError } = this.deps;
    const before = this.#read.get(mapping.name);
    const form = this.#forms.get(mapping)!;
    const chunk = new SnapshotChunk(mapping, form, before === undefined);
    this.#chunks.push(chunk);
    this.#isReading = true;
    try {
      const read = await this.#reader.read({ mapping, form, before, origin: origins.get(mapping.name)! });
      // Not there: the table has to be read again from its start.
      if (this.#chunks.includes(chunk)) {
        // biome-ignore lint/complexity/useMathMinMax: Math.max takes no bigint.
        const lsn = read.lsn > this.#floorLsn ? read.lsn : this.#floorLsn;
        // Changes from before the begin are published before it. A later session that got them again would leave their records
        // out of its chunks, and receivers would drop these at the end of the snapshot.
        const after = chunk.isFirst ? { ...read.after, validFrom: String(lsn) } : read.after;
        this.#read.set(mapping.name, after);
        chunk.arrived({ ...read, lsn, after });
      }
      onChunk();
    } catch (error) {
      this.close();
      onError(error);
    }
    this.#isReading = false;
    this.readAhead();
  }
}
