import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { queryOf } from '../../../bench/postgres/postgres-server.js';
import { runConnector } from '../../../cli/commands/connectors/run-connector.js';
import { parseConnectorConfig } from '../../../connectors/runtime/connector-config.js';
import type { DeliveredEvent } from '../../../proto/event/event.js';
import { projectRoot } from '../../structure/source-tree.js';
import { layEmbedded } from '../../support/benefits/embedded-template.js';
import { startBroker, type TestBroker } from '../../support/broker/broker.js';
import { eventually } from '../../support/condition.js';
import { startPostgres, type TestPostgres } from '../../support/connectors/postgres.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { mustCall, publishLines } from '../../support/raw-client/raw-http.js';

t.setTimeout(120_000);
const CASES = join(projectRoot, '..', 'shared', 'faults');
const WAIT_MS_MAX = 30_000;
const TOKENS: Record<string, string> = {
  'postgres-source': 'token-of-the-north-office-01',
  'postgres-sink': 'token-of-the-south-office-01',
  'benefit-check': 'token-of-the-benefit-check-01',
};

/** Gives a case entries and grants of its own on the bus that all cases share. */
const namedFor = (text: string, number: number): string =>
  text
    .replace(/^name: case$/m, `name: case-${number}`)
    .replaceAll(/\bnorth\.(permit|register|decision)\b/g, `north.$1-${number}`)
    .replaceAll(/\b(g|g-permit|g-decision|g-register|h)$/gm, `$1-${number}`);

interface Running {
  failed: Promise<unknown>;
  stop(): Promise<void>;
}

/** One case: its files, a database, and its names on the bus. */
class FaultCase {
  private constructor(
    private readonly t: Test,
    private readonly source: string,
    private readonly number: number,
    private readonly broker: TestBroker,
    private readonly folder: string,
    private readonly database: string,
  ) {}

  static async open(
    t: Test,
    name: string,
    number: number,
    broker: TestBroker,
    postgres: TestPostgres,
  ): Promise<FaultCase> {
    const database = `case_${number}`;
    await postgres.query(`CREATE DATABASE ${database}`);
    const url = Object.assign(new URL(postgres.url), { pathname: `/${database}` }).href;
    return new FaultCase(t, join(CASES, name), number, broker, await temporaryFolder(t), url);
  }

  async apply(file: string): Promise<void> {
    await this.broker.apply(parse(await this.#text(file)) as object);
  }

  /** Runs the statements of a file one by one on one connection; in one string they would be one transaction. */
  async sql(file: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.database });
    client.on('error', () => undefined);
    await client.connect();
    for (const statement of (await this.#text(file)).split(/;\s*\n/)) await client.query(statement);
    await client.end();
  }

  query(statement: string): Promise<Record<string, unknown>[]> {
    return queryOf(this.database)(statement);
  }

  async publish(file: string): Promise<void> {
    const lines = (await this.#text(file)).trim().split('\n');
    const results = await publishLines({ url: this.broker.url, token: TOKENS['postgres-source']! }, lines);
    for (const { problem } of results) this.t.equal(problem, undefined);
  }

  async connect(file: string): Promise<Running> {
    const text = await this.#text(file);
    const { connector } = parse(text) as { connector: string };
    if (connector === 'benefit-check') {
      await writeFile(join(this.folder, 'rules.yaml'), await this.#text('rules.yaml'));
      await layEmbedded(join(this.folder, 'state', `case-${this.number}-database`));
    }
    const env = { SLUICE_URL: this.broker.url, SLUICE_TOKEN: TOKENS[connector]!, DATABASE_URL: this.database };
    const ending = new AbortController();
    const config = {
      ...parseConnectorConfig(text, join(this.folder, 'connector.yaml'), env),
      logLevel: 'silent' as const,
    };
    const failed = runConnector(config, ending.signal).then(
      () => undefined,
      (error: unknown) => error,
    );
    const stop = async (): Promise<void> => {
      ending.abort();
      await failed;
    };
    this.t.teardown(stop);
    return { failed, stop };
  }

  async delivered(grant = 'g'): Promise<DeliveredEvent[]> {
    const at = { url: this.broker.url, token: TOKENS['postgres-sink']! };
    const { text } = await mustCall(at, 'GET', `/v1/grants/${grant}-${this.number}/events?from=earliest&limit=10000`);
    const lines = text.trim().split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as DeliveredEvent);
  }

  /** The records of a receiver: subject → name. */
  async receives(expected: Record<string, string>): Promise<void> {
    let found = '';
    await eventually(
      async () => {
        found = JSON.stringify(await this.#records());
        return found === JSON.stringify(expected);
      },
      JSON.stringify(expected),
      WAIT_MS_MAX,
    ).catch(() => this.t.equal(found, JSON.stringify(expected)));
    this.t.pass('a receiver has what the table has');
  }

  async #records(): Promise<Record<string, unknown>> {
    const records = new Map<string, { name: unknown; position: number }>();
    let from = 0;
    for (const { op, subject = '', data, position } of await this.delivered()) {
      if (op === 'snapshot_begin') from = position;
      else if (op === 'snapshot_end') {
        for (const [key, one] of records) if (one.position < from) records.delete(key);
      } else if (op === 'delete' || op === 'leave') records.delete(subject);
      else records.set(subject, { name: data?.name, position });
    }
    return Object.fromEntries([...records].sort().map(([subject, { name }]) => [subject, name]));
  }

  async #text(file: string): Promise<string> {
    return namedFor(await readFile(join(this.source, file), 'utf8'), this.number);
  }
}

type RunCase = (t: Test, opened: FaultCase) => Promise<void>;

const source =
  (before: Record<string, string>, after: Record<string, string>): RunCase =>
  async (_t, opened) => {
    await opened.apply('bundle.yaml');
    await opened.sql('1-before.sql');
    await opened.connect('2-connector.yaml');
    await opened.receives(before);
    await opened.sql('3-while-it-runs.sql');
    await opened.receives(after);
  };

const SOURCE_CASES: Record<string, RunCase> = {
  'generated-column-at-the-source': source({ 1: 'a' }, {}),
  'table-swapped-by-name': source({ 1: 'a' }, { 1: 'reloaded', 2: 'new', 3: 'after' }),
  'keys-swapped-in-one-transaction': source({ 1: 'A', 2: 'B' }, { 1: 'B', 2: 'A' }),
  'two-rows-with-one-subject': source({ '35%2D01-2': 'first', '35-01-2': 'second' }, { '35%2D01-2': 'first' }),
  'one-table-for-two-entries': async (t, opened) => {
    await opened.apply('bundle.yaml');
    await opened.sql('1-before.sql');
    t.match(await (await opened.connect('2-connector.yaml')).failed, { code: 'CONFIG_INVALID', message: /permit/ });
  },
  'inherited-table': async (t, opened) => {
    await opened.apply('bundle.yaml');
    await opened.sql('1-before.sql');
    t.match(await (await opened.connect('2-connector.yaml')).failed, { code: 'SOURCE_UNFIT', message: /permit_2026/ });
    t.same(await opened.query('SELECT 1 FROM pg_publication'), [], 'nothing was made at the source');
  },
  'stretch-of-the-log-that-cannot-be-read': async (t, opened) => {
    await opened.apply('bundle.yaml');
    await opened.sql('1-before.sql');
    const running = await opened.connect('2-connector.yaml');
    await opened.receives({ 1: 'a' });
    await opened.sql('3-while-it-runs.sql');
    t.match(await running.failed, { code: 'SOURCE_UNFIT', message: /REPLICA IDENTITY FULL/ });
    await opened.sql('4-as-the-message-says.sql');
    await opened.connect('2-connector.yaml');
    await opened.receives({ 1: 'c' });
  },
};

const rowsOf = (opened: FaultCase) => opened.query('SELECT * FROM permit ORDER BY id').catch(() => []);
const hasRows = (opened: FaultCase, count: number): Promise<void> =>
  eventually(async () => (await rowsOf(opened)).length === count, `${count} rows`, WAIT_MS_MAX);

const SINK_CASES: Record<string, RunCase> = {
  'column-of-the-department': async (t, opened) => {
    await opened.apply('bundle.yaml');
    await opened.publish('1-events.ndjson');
    const running = await opened.connect('2-connector.yaml');
    await hasRows(opened, 1);
    await running.stop();
    await opened.sql('3-at-the-sink.sql');
    await opened.connect('2-connector.yaml');
    await opened.publish('5-events.ndjson');
    await hasRows(opened, 2);
    t.match(await rowsOf(opened), [{ remark: 'checked by hand' }, { name: 'Bob' }]);
  },
  'table-of-the-sink-is-gone': async (t, opened) => {
    await opened.apply('bundle.yaml');
    await opened.publish('1-events.ndjson');
    const running = await opened.connect('2-connector.yaml');
    await hasRows(opened, 2);
    await running.stop();
    await opened.sql('3-at-the-sink.sql');
    const { failed } = await opened.connect('2-connector.yaml');
    t.match(await failed, { code: 'SINK_UNFIT', message: /permit.*sluice_positions/ });
  },
  'grant-gets-one-more-item': async (t, opened) => {
    await opened.apply('1-bundle.yaml');
    await opened.publish('2-events.ndjson');
    await opened.connect('3-connector.yaml');
    await hasRows(opened, 1);
    await opened.apply('4-bundle.yaml');
    await opened.publish('5-events.ndjson');
    await eventually(
      async () => (await rowsOf(opened)).map(({ phone }) => phone).join() === '123,456',
      'both phones',
      WAIT_MS_MAX,
    );
    t.pass('both rows have their phone');
  },
  'item-names-that-become-one-column': async (t, opened) => {
    await opened.apply('bundle.yaml');
    await opened.publish('1-events.ndjson');
    const { failed } = await opened.connect('2-connector.yaml');
    t.match(await failed, { code: 'SINK_UNFIT', message: /item a+x cannot be a column/ });
  },
  'database-that-is-read-only-for-a-while': async (t, opened) => {
    await opened.apply('bundle.yaml');
    await opened.publish('1-events.ndjson');
    await opened.connect('2-connector.yaml');
    await hasRows(opened, 1);
    await opened.sql('3-at-the-sink.sql');
    await opened.publish('4-events.ndjson');
    await opened.sql('5-at-the-sink.sql');
    await hasRows(opened, 2);
    t.pass('the sink has waited');
  },
};

const check =
  (...applying: string[]): RunCase =>
  async (t, opened) => {
    await opened.apply('bundle.yaml');
    await opened.publish('events.ndjson');
    for (const _start of ['first', 'second']) {
      const running = await opened.connect('connector.yaml');
      await eventually(
        async () => {
          const decisions = await opened.delivered('g-decision');
          const found = decisions.filter(({ data }) => data?.outcome === 'applies').map(({ data }) => data?.subject);
          return applying.every((subject) => found.includes(subject));
        },
        'the decisions',
        WAIT_MS_MAX,
      );
      await running.stop();
    }
    t.pass('the decisions are published, and the check starts again');
  };

const CHECK_CASES: Record<string, RunCase> = {
  'one-record-that-cannot-be-stored': check('1', '3'),
  'day-after-the-last-day': check('fixed', 'for-life'),
};

t.test('fault cases of databases', { skip: existsSync(CASES) ? false : `${CASES} is missing` }, async (t) => {
  // Opening an embedded database holds this process, on a busy machine for long.
  const broker = await startBroker(t, { config: { ledgerSightMs: 120_000 } });
  const postgres = await startPostgres(t, { max_replication_slots: '20', max_wal_senders: '20' });
  const all = Object.entries({ ...SOURCE_CASES, ...SINK_CASES, ...CHECK_CASES });
  for (const [index, [name, run]] of all.entries()) {
    t.test(name, async (t) => run(t, await FaultCase.open(t, name, index, broker, postgres)));
  }
});
