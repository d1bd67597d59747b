import type { Test } from 'tap';
import { eventually, foldDelivered, type Lane, type Person } from '../../../connectors/conformance/lane.js';
import { parsePostgresSourceConfig } from '../../../connectors/postgres-source/config.js';
import { PostgresSource } from '../../../connectors/postgres-source/source.js';
import type { ConnectorContext } from '../../../connectors/runtime/connector-context.js';
import { runSource } from '../../../connectors/runtime/source/run-source.js';
import type { TestPostgres } from './postgres.js';

/** One table that a source publishes to one lane. */
export class PostgresFeed {
  readonly context: ConnectorContext;
  #running: { stop(): Promise<void> } | undefined;
  /** The test expects the source to end with an error. */
  mayFail = false;
  /** Resolves with the error that the source ended with. */
  failed: Promise<unknown> = Promise.resolve(undefined);

  columns: Record<string, string> = { id: 'id', name: 'name', age: 'age', district: 'district' };
  tableSettings: object = {};
  database: string;

  constructor(
    private readonly t: Test,
    readonly postgres: TestPostgres,
    readonly lane: Lane,
    readonly table: string,
    private readonly more: object = {},
  ) {
    this.database = postgres.url;
    this.context = lane.sourceContext('feed');
  }

  get slot(): string {
    return `slot_${this.table}`;
  }

  async create(): Promise<void> {
    await this.sql(`CREATE TABLE ${this.table} (id text PRIMARY KEY, name text, age int, district text);
      ALTER TABLE ${this.table} REPLICA IDENTITY FULL`);
  }

  sql(text: string): Promise<unknown> {
    return this.postgres.query(text);
  }

  put(people: readonly Person[]): Promise<unknown> {
    return this.postgres.query(
      `INSERT INTO ${this.table} SELECT * FROM json_populate_recordset(NULL::${this.table}, $1)`,
      [JSON.stringify(people)],
    );
  }

  start(): void {
    const ending = new AbortController();
    const { columns, database, tableSettings } = this;
    const settings = {
      database,
      slot: this.slot,
      publication: this.table,
      tables: [{ table: this.table, entry: this.lane.entry, columns, ...tableSettings }],
      ...this.more,
    };
    const source = new PostgresSource(parsePostgresSourceConfig(settings, 'feed'), this.context);
    const done = runSource(source, this.context, ending.signal);
    this.failed = done.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!this.mayFail) done.catch((error) => this.t.fail(`the source ended: ${String(error)}`));
    const stop = async (): Promise<void> => {
      ending.abort();
      await done.catch(() => undefined);
    };
    this.#running = { stop };
    this.t.teardown(stop);
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
  }

  async arrives(people: readonly Person[]): Promise<void> {
    const wanted = JSON.stringify(people);
    let found = '';
    await eventually(async () => {
      found = JSON.stringify(foldDelivered(await this.lane.delivered()));
      return found === wanted;
    }, `${people.length} records`).catch(() => this.t.same(JSON.parse(found), people));
    this.t.pass('the records have arrived');
  }

  async ops(): Promise<string[]> {
    return (await this.lane.delivered()).map(({ op, subject }) => `${op}${subject === undefined ? '' : ` ${subject}`}`);
  }
}
