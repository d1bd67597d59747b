import type pg from 'pg';
import { PeerGoneError } from '../../connectors/runtime/connector-errors.js';
import { connectPostgres, toPeerGone } from '../../connectors/runtime/postgres-client.js';
import { SerialQueue } from '../../proto/async/serial-queue.js';
import type { Database, Row, Sql } from './database.js';

/** A PostgreSQL server. Connects on first use, and again after the connection broke. */
export class ServerDatabase implements Database {
  readonly #queue = new SerialQueue();
  #client: pg.Client | undefined;

  constructor(
    private readonly url: string,
    /** Advisory lock of the one instance that decides, so that decisions keep the order of facts; undefined for readers. */
    private readonly lockName: string | undefined,
    private readonly applicationName: string,
  ) {}

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      try {
        return await this.#run(work);
      } catch (error) {
        const cause = toPeerGone(error);
        if (cause instanceof PeerGoneError) await this.#disconnect();
        throw cause;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.idle();
    await this.#disconnect();
  }

  async #run<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    this.#client ??= await this.#connect();
    const client = this.#client;
    await client.query('BEGIN');
    try {
      const result = await work({
        query: async (text, values = []) => (await client.query<Row>(text, [...values])).rows,
      });
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  async #connect(): Promise<pg.Client> {
    const client = await connectPostgres({ url: this.url, applicationName: this.applicationName });
    if (this.lockName === undefined) return client;
    const { rows } = await client.query<Row>('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS ours', [
      this.lockName,
    ]);
    if (rows[0]?.ours === 't') return client;
    await client.end();
    // The server may hold the session of an instance that has just died for a while, so this is worth waiting for.
    throw new PeerGoneError('another instance of the check holds the lock of this schema');
  }

  async #disconnect(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }
}
