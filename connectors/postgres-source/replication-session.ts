import type pg from 'pg';
import type { ConnectorContext } from '../runtime/connector-context.js';
import { PeerGoneError } from '../runtime/connector-errors.js';
import { EntryMonitor } from '../runtime/entry-monitor.js';
import type { ChangeBatch, Lag } from '../runtime/source/source.js';
import type { StateFile } from '../runtime/state-file.js';
import { BatchCombiner } from './batch-combiner.js';
import type { PostgresSourceConfig } from './config.js';
import type { Progress, SnapshotOrigin, SnapshotProgress } from './progress.js';
import { InterleavedSnapshots } from './snapshot/interleaved-snapshots.js';
import { RepeatedBegins } from './snapshot/repeated-begins.js';
import type { SnapshotChunk } from './snapshot/snapshot-chunk.js';
import { changeEvents } from './stream/change-events.js';
import { EventEncoder } from './stream/event-encoder.js';
import type { ReplicationConnection } from './stream/replication-connection.js';
import { type StreamItem, TableUnreadableError, TransactionReader } from './stream/transaction-reader.js';
import type { TableMapping } from './tables/table-mapping.js';
import type { TableMonitor } from './tables/table-monitor.js';
import { DETACHED_ALARM, WalMonitor } from './wal-monitor.js';

/** Pause between confirmations, which let the server remove WAL; each costs a write and fsync of the progress file. */
const CONFIRM_INTERVAL_MS = 1_000;
/** The server reports its position by itself once it has sent everything; this covers a report that was lost. */
const PING_INTERVAL_MS = 500;
const TOGETHER_EVENTS_MAX = 1_000;
export const SLOT_LOST_ALARM = 'slot_lost';

export interface ReplicationSessionDeps {
  client: pg.Client;
  stream: ReplicationConnection;
  config: PostgresSourceConfig;
  context: ConnectorContext;
  mappings: TableMapping[];
  progress: Progress;
  file: StateFile<Progress>;
  /** By name of the table: where a snapshot that begins in this session takes its rows from, and what it covers. */
  origins: ReadonlyMap<string, SnapshotOrigin>;
  tableMonitor: TableMonitor;
  /** End of the server's WAL when the session was opened. */
  walLsn: bigint;
  /** An earlier session has published under this epoch. */
  isResumed: boolean;
}

/**
 * One connection to the source, from its start to its first failure: the stream, and snapshots interleaved with it.
 *
 * Snapshot and stream must come out as one sequence without gap or repetition. Reading the table first and the stream after it
 * would hold back WAL for the whole snapshot. Instead chunks of the table are read while the stream goes on, and each is published
 * at its place in the stream (`InterleavedSnapshots`).
 *
 * Invariants: an LSN is confirmed to the server only after everything before it is stored at the bus, and after it was
 * written to the progress file; a chunk is published before the first change behind its LSN. See docs/decisions/0020.
 */
export class ReplicationSession {
  readonly #deps: ReplicationSessionDeps;
  readonly #snapshots: InterleavedSnapshots;
  readonly #walMonitor: WalMonitor;
  readonly #encoder: EventEncoder;
  #confirmedLsn: bigint;
  #savedLsn: bigint;
  #saving: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  /** Tables whose snapshot is void: the stream has changes of them that cannot be read. */
  readonly #unreadable = new Set<string>();
  /** Chunks are stored that the file does not show yet. */
  #hasUnsavedChunks = false;

  constructor(deps: ReplicationSessionDeps) {
    this.#deps = deps;
    this.#snapshots = new InterleavedSnapshots({
      ...deps,
      rowsMax: deps.config.snapshotRows,
      progress: deps.progress.snapshots,
      onChunk: () => deps.stream.ping(),
      onError: (error) => deps.stream.fail(error),
      onWait: (reason) => deps.context.log.warn(`the snapshot is held up: ${reason}`),
    });
    this.#encoder = new EventEncoder(deps.progress.epoch);
    this.#confirmedLsn = BigInt(deps.progress.confirmedLsn);
    this.#savedLsn = this.#confirmedLsn;
    const detach = async (error: Error): Promise<void> => {
      deps.stream.fail(error);
      await deps.stream.close();
    };
    this.#walMonitor = new WalMonitor({ ...deps, detach });
  }

  async *changes(signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    try {
      const { mappings, progress, walLsn, isResumed } = this.#deps;
      const repeated = new RepeatedBegins(isResumed ? mappings : [], progress, walLsn);
      for await (const batch of this.#follow(signal)) yield repeated.before(batch);
    } catch (error) {
      if (error instanceof TableUnreadableError) await this.#forgetSnapshot(error.mapping);
      throw error;
    }
  }

  async *#follow(signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    const { config, stream, mappings, origins } = this.#deps;
    // Once, since each row asks for it.
    const validFrom = new Map(mappings.map((mapping) => [mapping, BigInt(origins.get(mapping.name)!.validFrom)]));
    const transactions = new TransactionReader(mappings, (mapping) => validFrom.get(mapping)!);
    const combiner = new BatchCombiner();
    stream.start(config.slot, config.publication);
    this.#walMonitor.start();
    this.#deps.tableMonitor.start(() =>
      stream.fail(new PeerGoneError('a table or the publication was altered or replaced; checking them again')),
    );
    const entryMonitor = new EntryMonitor(this.#deps.context.bus, mappings);
    this.#timer = setInterval(() => {
      void this.#saveConfirmed();
      void this.#checkEntries(entryMonitor);
    }, CONFIRM_INTERVAL_MS);
    while (!signal.aborted) {
      this.#snapshots.readAhead();
      let message = stream.take();
      if (!message) {
        yield* orNone(combiner.take());
        message = await stream.next(PING_INTERVAL_MS, signal);
      }
      if (!message) stream.ping();
      for (const item of message ? transactions.read(message) : []) {
        for (let chunk = this.#takeChunk(item); chunk; chunk = this.#takeChunk(item)) {
          yield* orNone(combiner.take());
          yield* this.#chunkBatches(chunk);
        }
        if (item.kind === 'changes') this.#snapshots.changed(item);
        const batch = this.#itemBatch(item);
        if (combiner.add(batch)) continue;
        yield* orNone(combiner.take());
        if (!combiner.add(batch)) yield batch;
      }
    }
  }

  async #checkEntries(entryMonitor: EntryMonitor): Promise<void> {
    if (!(await entryMonitor.hasChanged())) return;
    this.#deps.stream.fail(new PeerGoneError('an entry has other filterable items; reading its table again'));
  }

  lag(): Promise<Lag | undefined> {
    return this.#walMonitor.lag();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#snapshots.close();
    this.#deps.tableMonitor.stop();
    await this.#walMonitor.stop();
    await this.#saveConfirmed();
    await this.#deps.stream.close();
    await this.#deps.client.end().catch(() => undefined);
  }

  #takeChunk(item: StreamItem): SnapshotChunk | undefined {
    return this.#snapshots.takeBefore(item.kind === 'changes' ? item.commitLsn : item.lsn);
  }

  *#chunkBatches(chunk: SnapshotChunk): Generator<ChangeBatch> {
    const { mapping, isFirst } = chunk;
    const { after } = chunk.read!;
    for (const { events, isLast } of chunk.eventBatches(this.#encoder, this.#snapshots.firstIndexOf(chunk))) {
      const confirm = () => (isLast ? this.#confirmChunk(mapping, after, isFirst) : undefined);
      yield { events, atomic: false, confirm };
    }
  }

  /** A chunk that the file does not show is read again after a crash, so one write each second is enough. */
  async #confirmChunk(mapping: TableMapping, after: SnapshotProgress, isFirst: boolean): Promise<void> {
    const { progress, context, mappings } = this.#deps;
    if (this.#unreadable.has(mapping.name)) return;
    progress.snapshots[mapping.name] = after;
    this.#hasUnsavedChunks = true;
    if (isFirst || after.isDone) await this.#save();
    if (!mappings.every(({ name }) => progress.snapshots[name]?.isDone)) return;
    context.metrics.alarm(SLOT_LOST_ALARM, false);
    context.metrics.alarm(DETACHED_ALARM, false);
  }

  #itemBatch(item: StreamItem): ChangeBatch {
    if (item.kind === 'progress') return { events: [], atomic: false, confirm: this.#confirmation(item.lsn) };
    const events = changeEvents(item, this.#encoder);
    return {
      events,
      // A single event is atomic by itself.
      atomic: item.isWhole && events.length > 1 && events.length <= TOGETHER_EVENTS_MAX,
      confirm: this.#confirmation(item.endLsn, item.rereads),
    };
  }

  /** Made apart from the item, whose rows it would keep in memory until the bus has the events. */
  #confirmation(lsn: bigint | undefined, rereads: readonly TableMapping[] = []): () => void {
    const { progress } = this.#deps;
    return () => {
      for (const { name } of rereads) delete progress.snapshots[name];
      if (lsn !== undefined) this.#confirm(lsn);
    };
  }

  /** Lets the next start read the table again and skip what cannot be read now: it would fail there for ever. */
  async #forgetSnapshot({ name }: TableMapping): Promise<void> {
    this.#unreadable.add(name);
    delete this.#deps.progress.snapshots[name];
    await this.#save();
  }

  #confirm(lsn: bigint): void {
    if (lsn > this.#confirmedLsn) this.#confirmedLsn = lsn;
  }

  /** Writes the file first: a slot that is ahead of the file counts as moved by somebody else. */
  async #saveConfirmed(): Promise<void> {
    const lsn = this.#confirmedLsn;
    if (lsn === this.#savedLsn && !this.#hasUnsavedChunks) return;
    try {
      await this.#save();
      this.#savedLsn = lsn;
      this.#deps.stream.confirm(lsn);
    } catch (error) {
      this.#deps.stream.fail(error);
    }
  }

  #save(): Promise<void> {
    const { progress, file } = this.#deps;
    progress.confirmedLsn = String(this.#confirmedLsn);
    this.#hasUnsavedChunks = false;
    this.#saving = file.write(structuredClone(progress));
    return this.#saving;
  }
}

const orNone = (batch: ChangeBatch | undefined): ChangeBatch[] => (batch ? [batch] : []);
