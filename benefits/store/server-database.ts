import type pg from 'pg';
import { PeerGoneError } from '../../connectors/runtime/connector-errors.js';
import { connectPostgres, toPeerGone } from '../../connectors/runtime/postgres-client.js';
import type { Database, Row, Sql } from './database.js';
import { SerialQueue } from './serial-queue.js';

/** A PostgreSQL server. Connects when first used, and again after the connection broke. */
export class ServerDatabase implements Database {
  readonly #turns = new SerialQueue();
  #client: pg.Client | undefined;

  constructor(
    private readonly url: string,
    /** Only one instance may work on a schema: its decisions must come in the order of its facts. Who only asks needs no lock. */
    private readonly lockName: string | undefined,
    private readonly applicationName: string,
  ) {}

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      try {
        return await this.#run(work);
      } catch (error) {
        const told = toPeerGone(error);
        if (told instanceof PeerGoneError) await this.#disconnect();
        throw told;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turns.ended();
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
    // The session of an instance that has just died may be seen by the server for a while: so it passes.
    throw new PeerGoneError('another instance works on this schema');
  }

  async #disconnect(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }
}
