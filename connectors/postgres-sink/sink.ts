import type pg from 'pg';
import type { DeliveredEvent } from '../../proto/event/event.js';
import type { From, SubscribedFrame } from '../../proto/frames/frames.js';
import { PeerGoneError, PoisonEventError } from '../runtime/connector-errors.js';
import { connectPostgres, sqlState, toPeerGone } from '../runtime/postgres-client.js';
import type { Sink, SinkBatch } from '../runtime/sink/sink.js';
import type { PostgresSinkConfig } from './config.js';
import { type Column, columnOf, GrantedTable } from './granted-table.js';
import { ProgressTable, type SinkProgress } from './progress.js';
import { applyEvents } from './row-changes.js';

/** SQLSTATE classes caused by the values of one event: data exceptions, constraint violations, program limits. */
const POISON_STATE = /^(?:22|23|54)/;

/** Keeps a PostgreSQL table equal to what a grant delivers. Rows and position commit together: each event takes effect exactly once. */
export class PostgresSink implements Sink {
  readonly #table: GrantedTable;
  readonly #progressTable: ProgressTable;
  #client: pg.Client | undefined;
  #progress: SinkProgress | undefined;
  #columns: Column[] = [];

  constructor(
    private readonly config: PostgresSinkConfig,
    private readonly applicationName: string,
  ) {
    this.#table = new GrantedTable(config);
    this.#progressTable = new ProgressTable(config);
  }

  async open(): Promise<From> {
    await this.#disconnect();
    this.#client = await connectPostgres({ url: this.config.database, applicationName: this.applicationName });
    this.#progress = await this.#withClient(async (client) => {
      await this.#progressTable.create(client);
      return this.#progressTable.read(client);
    });
    return this.#progress ? { after: this.#progress.position, log: this.#progress.log } : 'earliest';
  }

  async shape({ items }: SubscribedFrame): Promise<void> {
    this.#columns = items.map(columnOf);
    await this.#transaction((client) => this.#table.evolve(client, this.#columns));
  }

  async write({ events, log }: SinkBatch): Promise<void> {
    try {
      await this.#store(events, log);
    } catch (error) {
      if (!isPoison(error)) throw error;
      await this.#storeUpToPoison(events, log);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disconnect();
  }

  async #store(events: readonly DeliveredEvent[], log: string): Promise<void> {
    const before = this.#progress;
    const target = { table: this.#table.name, columns: this.#columns };
    this.#progress = await this.#transaction(async (client) => {
      const after = await applyEvents(client, target, { events, log, before });
      await this.#progressTable.advance(client, before, after);
      return after;
    });
  }

  async #storeUpToPoison(events: readonly DeliveredEvent[], log: string): Promise<void> {
    for (const event of events) {
      try {
        await this.#store([event], log);
      } catch (error) {
        if (!isPoison(error)) throw error;
        throw new PoisonEventError(event.position, `PostgreSQL refuses the row: SQLSTATE ${sqlState(error)}`);
      }
    }
  }

  async #transaction<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
    return this.#withClient(async (client) => {
      await client.query('BEGIN');
      try {
        const result = await work(client);
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  async #withClient<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
    if (!this.#client) throw new PeerGoneError('there is no connection to PostgreSQL');
    try {
      return await work(this.#client);
    } catch (error) {
      throw toPeerGone(error);
    }
  }

  async #disconnect(): Promise<void> {
    await this.#client?.end().catch(() => undefined);
    this.#client = undefined;
  }
}

const isPoison = (error: unknown): boolean => POISON_STATE.test(sqlState(error) ?? '');
