import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { ConnectorContext } from '../runtime/connector-context.js';
import { PeerGoneError, SourceUnfitError } from '../runtime/connector-errors.js';
import { connectPostgres, sqlState, toPeerGone } from '../runtime/postgres-client.js';
import type { ChangeBatch, Lag, Source } from '../runtime/source/source.js';
import type { StateFile } from '../runtime/state-file.js';
import type { PostgresSourceConfig } from './config.js';
import { type Progress, progressFile, type SnapshotOrigin, type SnapshotProgress } from './progress.js';
import { ReplicationSession, SLOT_LOST_ALARM } from './replication-session.js';
import {
  createSlot,
  currentWalLsn,
  dropSlot,
  readSlot,
  type ServerFacts,
  type SlotFacts,
  slotLossReason,
} from './slot.js';
import { ReplicationConnection } from './stream/replication-connection.js';
import { openTables, waitForWriters } from './tables/open-tables.js';
import type { TableMapping } from './tables/table-mapping.js';
import { definitionsOf, TableMonitor } from './tables/table-monitor.js';

/** Publishes a snapshot of PostgreSQL tables, then their changes by logical replication. See docs/decisions/0020. */
export class PostgresSource implements Source {
  readonly #file: StateFile<Progress>;
  #session: ReplicationSession | undefined;

  constructor(
    private readonly config: PostgresSourceConfig,
    private readonly context: ConnectorContext,
  ) {
    this.#file = progressFile(context.stateFolder, context.name);
  }

  async *changes(signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    try {
      const session = await this.#open();
      this.#session = session;
      yield* session.changes(signal);
    } catch (error) {
      throw withReason(toPeerGone(error));
    } finally {
      await this.#close();
    }
  }

  async lag(): Promise<Lag | undefined> {
    return this.#session?.lag();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  async #close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  async #open(): Promise<ReplicationSession> {
    const { config, context } = this;
    const applicationName = `sluice ${context.name}`;
    const client = await connectPostgres({ url: config.database, applicationName, flushesCommits: true });
    let stream: ReplicationConnection | undefined;
    try {
      const { mappings, memberships, isNewPublication } = await openTables(client, config, context);
      const definitions = await definitionsOf(client, config.tables, config.publication);
      stream = await ReplicationConnection.open(config.database, applicationName);
      const server = { ...(await stream.identify()), walLsn: await currentWalLsn(client) };
      const { progress, isResumed } = await this.#progress(client, server, isNewPublication);
      const origins = await this.#snapshotOrigins(client, { mappings, memberships, progress, isResumed });
      const tableMonitor = new TableMonitor(client, config.tables, config.publication, definitions);
      const file = this.#file;
      return new ReplicationSession({
        client,
        stream,
        config,
        context,
        mappings,
        progress,
        file,
        origins,
        tableMonitor,
        walLsn: server.walLsn,
        isResumed,
      });
    } catch (error) {
      await stream?.close();
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  /** The stored progress if the slot still matches it; else a new slot under a new epoch, with an alarm when a slot was lost. */
  async #progress(client: pg.Client, server: ServerFacts, isNewPublication: boolean) {
    const { config, context } = this;
    const stored = this.#file.read();
    const slot = await readSlot(client, config.slot);
    const isOurs = stored?.slot === config.slot;
    // The server looks the publication up as of each change, so it could not stream changes from before its creation.
    const reason = isNewPublication ? 'the publication was dropped' : undefined;
    const lost = isOurs ? (slotLossReason(stored, server, slot) ?? reason) : undefined;
    if (isOurs && lost === undefined) return { progress: stored, isResumed: true };
    if (lost !== undefined) {
      context.metrics.alarm(SLOT_LOST_ALARM, true);
      context.log.error(
        { slot: config.slot },
        `changes may be missing, so all tables are read again under a new epoch: ${lost}`,
      );
    }
    return { progress: await this.#startEpoch(client, server, slot), isResumed: false };
  }

  /** Drops the progress of snapshots that do not belong to the tables as they are now, and stores what is left. */
  async #snapshotOrigins(client: pg.Client, opened: OpenedTables): Promise<Map<string, SnapshotOrigin>> {
    const { mappings, memberships, progress, isResumed } = opened;
    const origins = new Map<string, SnapshotOrigin>();
    const before = progress.snapshots;
    progress.snapshots = {};
    for (const mapping of mappings) {
      const origin = mapping.originOf(memberships.get(mapping.facts.oid)!);
      const snapshot = before[mapping.name];
      if (snapshot && isSnapshotOf(snapshot, origin, mapping)) {
        const { validFrom = '0' } = snapshot;
        progress.snapshots[mapping.name] = { ...snapshot, origin, validFrom, filterable: mapping.filterable };
        origins.set(mapping.name, { origin, validFrom, filterable: mapping.filterable });
        continue;
      }
      if (snapshot) {
        const table = mapping.name;
        this.context.log.warn(
          { table },
          `${table}, its columns, its settings or the filterable items were changed or replaced: reading it again`,
        );
      }
      if (isResumed) await waitForWriters(client, mapping.facts.oid);
      const validFrom = isResumed ? String(await currentWalLsn(client)) : '0';
      origins.set(mapping.name, { origin, validFrom, filterable: mapping.filterable });
    }
    await this.#file.write(structuredClone(progress));
    return origins;
  }

  async #startEpoch(client: pg.Client, server: ServerFacts, slot: SlotFacts | undefined): Promise<Progress> {
    const { config } = this;
    if (slot) await dropSlot(client, config.slot);
    const lsn = await createSlot(client, config.slot);
    const progress: Progress = {
      systemId: server.systemId,
      timeline: server.timeline,
      slot: config.slot,
      epoch: epochOf(server, lsn),
      confirmedLsn: String(lsn),
      snapshots: {},
    };
    await this.#file.write(progress);
    return progress;
  }
}

/** Bytes of a digest: no source has so many slots in its life that two of them could meet. */
const EPOCH_BYTES = 9;

/**
 * Names the server, its timeline and the slot. Every event carries it twice, through each encoding and into the log, so it is short. See
 * docs/decisions/0412.
 */
function epochOf({ systemId, timeline }: ServerFacts, slotLsn: bigint): string {
  const digest = createHash('sha256').update(`${systemId}.${timeline}.${slotLsn}`).digest();
  return digest.subarray(0, EPOCH_BYTES).toString('base64url');
}

interface OpenedTables {
  mappings: readonly TableMapping[];
  memberships: ReadonlyMap<string, string>;
  progress: Progress;
  isResumed: boolean;
}

/** A file of an earlier version names no origin; its composite keys may have been joined in another way. */
const isSnapshotOf = (snapshot: SnapshotProgress, origin: string, { key, filterable }: TableMapping): boolean =>
  (snapshot.filterable ?? filterable) === filterable &&
  (snapshot.origin === undefined ? key.length === 1 : snapshot.origin === origin);

/** SQLSTATE of a publication or slot that does not exist. */
const UNDEFINED_OBJECT = '42704';

/** An error of the server that no waiting ends becomes one that names its cause: a missing right, a setting, a damaged log. */
function withReason(error: unknown): unknown {
  const state = sqlState(error);
  if (state === undefined) return error;
  if (state === UNDEFINED_OBJECT) return new PeerGoneError('the publication or the slot was dropped', { cause: error });
  const isLogDamaged = /^(?:XX|58)/.test(state);
  const act = isLogDamaged ? '; if it stays so, remove the state file, and all tables are read again' : '';
  return new SourceUnfitError(`PostgreSQL refuses a statement: SQLSTATE ${state}${act}`, { cause: error });
}
