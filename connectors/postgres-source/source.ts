import type pg from 'pg';
import { publishedEntry } from '../runtime/catalog-entry.js';
import type { ConnectorContext } from '../runtime/connector-context.js';
import { connectPostgres, toPeerGone } from '../runtime/postgres-client.js';
import type { ChangeBatch, Lag, Source } from '../runtime/source/source.js';
import type { StateFile } from '../runtime/state-file.js';
import type { PostgresSourceConfig, TableConfig } from './config.js';
import { type Progress, progressFile } from './progress.js';
import { ReplicationConnection } from './replication-connection.js';
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
import { preparePublication, readTableFacts } from './table-facts.js';
import { TableMapping } from './table-mapping.js';

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
      throw toPeerGone(error);
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
    const client = await connectPostgres({ url: config.database, applicationName });
    let stream: ReplicationConnection | undefined;
    try {
      const mappings = await Promise.all(config.tables.map((table) => this.#mapping(client, table)));
      await preparePublication(client, config.publication, config.tables);
      stream = await ReplicationConnection.open(config.database, applicationName);
      const server = { ...(await stream.identify()), walLsn: await currentWalLsn(client) };
      const progress = await this.#progress(client, server);
      return new ReplicationSession({ client, stream, config, context, mappings, progress, file: this.#file });
    } catch (error) {
      await stream?.close();
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  async #mapping(client: pg.Client, table: TableConfig): Promise<TableMapping> {
    const facts = await readTableFacts(client, table);
    return TableMapping.create(table, await publishedEntry(this.context.bus, table.entry), facts);
  }

  /** The stored progress if the slot still matches it; else a new slot under a new epoch, with an alarm when a slot was lost. */
  async #progress(client: pg.Client, server: ServerFacts): Promise<Progress> {
    const { config, context } = this;
    const stored = this.#file.read();
    const slot = await readSlot(client, config.slot);
    const isOurs = stored?.slot === config.slot;
    const lost = isOurs ? slotLossReason(stored, server, slot) : undefined;
    if (isOurs && lost === undefined) return stored;
    if (lost !== undefined) {
      context.metrics.alarm(SLOT_LOST_ALARM, true);
      context.log.error(
        { slot: config.slot },
        `changes may be missing, so all tables are read again under a new epoch: ${lost}`,
      );
    }
    return this.#startEpoch(client, server, slot);
  }

  async #startEpoch(client: pg.Client, server: ServerFacts, slot: SlotFacts | undefined): Promise<Progress> {
    const { config } = this;
    if (slot) await dropSlot(client, config.slot);
    const lsn = await createSlot(client, config.slot);
    const progress: Progress = {
      systemId: server.systemId,
      timeline: server.timeline,
      slot: config.slot,
      epoch: `${server.systemId}.${server.timeline}.${lsn}`,
      confirmedLsn: String(lsn),
      snapshots: {},
    };
    await this.#file.write(progress);
    return progress;
  }
}
