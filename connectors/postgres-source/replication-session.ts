import type pg from 'pg';
import type { ConnectorContext } from '../runtime/connector-context.js';
import type { ChangeBatch, Lag } from '../runtime/source/source.js';
import type { StateFile } from '../runtime/state-file.js';
import { changeEvents, touchedSubjects } from './change-events.js';
import type { PostgresSourceConfig } from './config.js';
import { LooseRun } from './loose-run.js';
import type { Progress, SnapshotProgress } from './progress.js';
import type { ReplicationConnection } from './replication-connection.js';
import { type StreamItem, TransactionReader } from './row-changes.js';
import { chunkEvents, type SnapshotChunk, SnapshotReader } from './snapshot-reader.js';
import type { TableMapping } from './table-mapping.js';
import { DETACHED_ALARM, WalWatch } from './wal-watch.js';

/** Of a confirmation that saves the server WAL; each costs a write of the progress file. */
const CONFIRM_INTERVAL_MS = 1_000;
/** The server says by itself how far it is as soon as it has sent everything; this only mends a message that was never sent. */
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
}

/** One connection to the source, from its beginning to the first trouble: the stream, and snapshots that run beside it. */
export class ReplicationSession {
  readonly #deps: ReplicationSessionDeps;
  readonly #snapshots: Map<string, SnapshotProgress>;
  readonly #watch: WalWatch;
  #confirmedLsn: bigint;
  #savedLsn: bigint;
  #saving: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  /** Subjects that the stream spoke of since the chunk that waits was asked for. */
  #touched = new Set<string>();

  constructor(deps: ReplicationSessionDeps) {
    this.#deps = deps;
    this.#snapshots = new Map(Object.entries(deps.progress.snapshots));
    this.#confirmedLsn = BigInt(deps.progress.confirmedLsn);
    this.#savedLsn = this.#confirmedLsn;
    const detach = async (error: Error): Promise<void> => {
      deps.stream.fail(error);
      await deps.stream.close();
    };
    this.#watch = new WalWatch({ ...deps, detach });
  }

  async *changes(signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    const { client, config, stream, mappings } = this.#deps;
    const transactions = new TransactionReader(mappings);
    const loose = new LooseRun();
    const snapshots = new SnapshotReader(client, config.snapshotRows);
    stream.start(config.slot, config.publication);
    this.#watch.start();
    this.#timer = setInterval(() => void this.#saveConfirmed(), CONFIRM_INTERVAL_MS);
    let chunk: SnapshotChunk | undefined;
    while (!signal.aborted) {
      if (!chunk && this.#unread) chunk = await this.#readChunk(snapshots, this.#unread);
      let message = stream.take();
      if (!message) {
        yield* ifAny(loose.take());
        message = await stream.next(PING_INTERVAL_MS, signal);
      }
      if (!message) stream.ping();
      for (const item of message ? transactions.read(message) : []) {
        if (chunk && placeOfItem(item) >= chunk.lsn) {
          yield* ifAny(loose.take());
          yield this.#chunkBatch(chunk);
          chunk = undefined;
        }
        if (chunk && item.kind === 'changes') this.#note(item, chunk);
        if (item.kind === 'changes' && this.#restartTruncated(item, chunk)) chunk = undefined;
        const batch = this.#itemBatch(item);
        if (loose.add(batch)) continue;
        yield* ifAny(loose.take());
        if (!loose.add(batch)) yield batch;
      }
    }
  }

  lag(): Promise<Lag | undefined> {
    return this.#watch.lag();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#watch.stop();
    await this.#saveConfirmed();
    await this.#deps.stream.close();
    await this.#deps.client.end().catch(() => undefined);
  }

  /** The first table that has no complete snapshot. */
  get #unread(): TableMapping | undefined {
    return this.#deps.mappings.find(({ name }) => !this.#snapshots.get(name)?.isDone);
  }

  async #readChunk(reader: SnapshotReader, mapping: TableMapping): Promise<SnapshotChunk> {
    this.#touched = new Set();
    const chunk = await reader.read(mapping, this.#snapshots.get(mapping.name));
    this.#deps.stream.ping();
    return chunk;
  }

  #note({ changes }: StreamItem & { kind: 'changes' }, chunk: SnapshotChunk): void {
    for (const subject of touchedSubjects(changes, chunk.mapping)) this.#touched.add(subject);
  }

  #chunkBatch(chunk: SnapshotChunk): ChangeBatch {
    const { progress, context, mappings } = this.#deps;
    const { mapping, after } = chunk;
    this.#snapshots.set(mapping.name, after);
    return {
      events: chunkEvents(chunk, this.#touched, progress.epoch),
      atomic: false,
      confirm: async () => {
        progress.snapshots[mapping.name] = after;
        await this.#save();
        if (!mappings.every(({ name }) => progress.snapshots[name]?.isDone)) return;
        context.metrics.alarm(SLOT_LOST_ALARM, false);
        context.metrics.alarm(DETACHED_ALARM, false);
      },
    };
  }

  /** All records are gone at once: a snapshot of what there is now says so to everyone. */
  #restartTruncated({ truncated }: StreamItem & { kind: 'changes' }, chunk: SnapshotChunk | undefined): boolean {
    for (const { name } of truncated) this.#snapshots.delete(name);
    return chunk !== undefined && truncated.includes(chunk.mapping);
  }

  #itemBatch(item: StreamItem): ChangeBatch {
    const { progress } = this.#deps;
    if (item.kind === 'reached') {
      return { events: [], atomic: false, confirm: () => this.#confirm(item.lsn) };
    }
    const events = changeEvents(item, progress.epoch);
    return {
      events,
      // One event alone is never seen by half.
      atomic: item.isWhole && events.length > 1 && events.length <= TOGETHER_EVENTS_MAX,
      confirm: () => {
        for (const { name } of item.truncated) delete progress.snapshots[name];
        if (item.reached !== undefined) this.#confirm(item.reached);
      },
    };
  }

  #confirm(lsn: bigint): void {
    if (lsn > this.#confirmedLsn) this.#confirmedLsn = lsn;
  }

  /** Into the file first: a slot that is further than the file counts as moved by somebody else. */
  async #saveConfirmed(): Promise<void> {
    const lsn = this.#confirmedLsn;
    if (lsn === this.#savedLsn) return;
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
    this.#saving = file.write(structuredClone(progress));
    return this.#saving;
  }
}

const ifAny = (batch: ChangeBatch | undefined): ChangeBatch[] => (batch ? [batch] : []);

const placeOfItem = (item: StreamItem): bigint => (item.kind === 'changes' ? item.commitLsn : item.lsn);
