import t, { type Test } from 'tap';
import type { SourceEvent } from '../../proto/event/event.js';
import { ConnectorBus } from '../../tests/support/connectors/connector-bus.js';
import { startPostgres, type TestPostgres } from '../../tests/support/connectors/postgres.js';
import { eventually, type Lane, metricValue, person } from '../conformance/lane.js';
import type { ConnectorContext } from '../runtime/connector-context.js';
import { runSink } from '../runtime/sink/run-sink.js';
import { parsePostgresSinkConfig } from './config.js';
import { PostgresSink } from './sink.js';

/** A sink of one grant, whose items the test changes. */
class Receiver {
  readonly grant: string;
  readonly context: ConnectorContext;
  #ids = 0;
  #stop: (() => Promise<void>) | undefined;
  failed: Promise<unknown> = Promise.resolve(undefined);

  constructor(
    private readonly t: Test,
    private readonly bus: ConnectorBus,
    private readonly lane: Lane,
    private readonly postgres: TestPostgres,
    readonly table: string,
  ) {
    this.grant = `g-${table.replaceAll('_', '-')}`;
    this.context = lane.sinkContext('sink');
  }

  /** Another one than that of the rows. */
  database: string | undefined;

  /** How far the grant looks back; takes effect with the next `grantItems`. */
  history = 'all';

  /** Row filter; takes effect with the next `grantItems`. */
  rowFilter: object | undefined;

  async grantItems(...items: (string | { name: string; transform: string })[]): Promise<void> {
    const { entry } = this.lane;
    const system = entry.replace(/^.*people/, 'subscriber');
    const named = items.map((item) => (typeof item === 'string' ? { name: item } : item));
    const { grant: id, history } = this;
    const period = { from: '2020-01-01', to: '2099-12-31' };
    const rows = this.rowFilter && { rows: this.rowFilter };
    const grant = { id, system, entry, items: named, purpose: 'test', basis: 'test', period, history, ...rows };
    await this.bus.broker.apply({ grants: [grant] });
  }

  put(...numbers: number[]): Promise<void> {
    return this.lane.publish(
      numbers.map((number) => ({
        specversion: '1.0',
        id: `e${++this.#ids}`,
        type: this.lane.entry,
        op: 'create',
        data: { ...person(number) },
      })),
    );
  }

  async snapshot(...numbers: number[]): Promise<void> {
    const event = (op: 'snapshot_begin' | 'snapshot' | 'snapshot_end', data?: object) => ({
      specversion: '1.0' as const,
      id: `e${++this.#ids}`,
      type: this.lane.entry,
      op,
      snapshotid: 's',
      ...(data && { data: { ...data } }),
    });
    const records = numbers.map((number) => event('snapshot', person(number)));
    await this.lane.publish([event('snapshot_begin'), ...records, event('snapshot_end')] as SourceEvent[]);
  }

  start(): void {
    const ending = new AbortController();
    const { grant, table, context } = this;
    const config = parsePostgresSinkConfig({ database: this.database ?? this.postgres.url, grant, table });
    const sink = new PostgresSink(config, 'sink', context);
    const done = runSink(sink, { grant, cursor: 'default' }, context, ending.signal);
    this.failed = done.then(
      () => undefined,
      (error: unknown) => error,
    );
    this.#stop = async () => {
      ending.abort();
      await this.failed;
      await sink[Symbol.asyncDispose]();
    };
    this.t.teardown(this.#stop);
  }

  async stop(): Promise<void> {
    await this.#stop?.();
  }

  async rows(columns = '*'): Promise<Record<string, unknown>[]> {
    const [found] = await this.postgres.query('SELECT to_regclass($1) AS name', [this.table]);
    return found?.name ? this.postgres.query(`SELECT ${columns} FROM ${this.table} ORDER BY _subject`) : [];
  }

  async has(count: number): Promise<void> {
    await eventually(async () => (await this.rows()).length === count, `${count} rows`);
  }
}

t.test('a sink of PostgreSQL', async (t) => {
  const bus = await ConnectorBus.start(t);
  const postgres = await startPostgres(t);
  let receivers = 0;
  const receiverOf = async (t: Test, ...items: (string | { name: string; transform: string })[]): Promise<Receiver> => {
    const receiver = new Receiver(t, bus, await bus.lane(t), postgres, `faults_${++receivers}`);
    await receiver.grantItems(...items);
    return receiver;
  };

  t.test('a column of the department keeps what it has', async (t) => {
    const receiver = await receiverOf(t, 'id', 'name');
    receiver.start();
    await receiver.put(1);
    await receiver.has(1);
    await receiver.stop();
    await postgres.query(`ALTER TABLE ${receiver.table} ADD COLUMN remark text;
      ALTER TABLE ${receiver.table} ADD COLUMN checked boolean NOT NULL DEFAULT false;
      ALTER TABLE ${receiver.table} ADD COLUMN upper_name text GENERATED ALWAYS AS (upper(name)) STORED;
      UPDATE ${receiver.table} SET remark = 'checked by hand'`);
    receiver.start();
    await receiver.put(2);
    await receiver.has(2);
    t.match(await receiver.rows('remark, checked, upper_name'), [
      { remark: 'checked by hand', checked: false, upper_name: person(1).name.toUpperCase() },
      { remark: null, checked: false },
    ]);
  });

  t.test('a column of the department that has the name of a newly granted item stops the sink', async (t) => {
    const receiver = await receiverOf(t, 'id', 'name');
    receiver.start();
    await receiver.put(1);
    await receiver.has(1);
    await postgres.query(`ALTER TABLE ${receiver.table} ADD COLUMN district text DEFAULT 'ours'`);
    await receiver.grantItems('id', 'name', 'district');
    t.match(await receiver.failed, { code: 'SINK_UNFIT', message: /district was not made by this sink/ });
    t.match(await receiver.rows('district'), [{ district: 'ours' }]);
  });

  for (const [what, sql, message] of [
    ['a dropped table', (table: string) => `DROP TABLE ${table}`, /is gone/],
    ['a dropped column', (table: string) => `ALTER TABLE ${table} DROP COLUMN name`, /has lost its column name/],
    [
      'a table that was dropped and created again',
      (table: string) =>
        `CREATE TABLE ${table}_copy AS TABLE ${table}; DROP TABLE ${table}; ALTER TABLE ${table}_copy RENAME TO ${table}`,
      /is another table/,
    ],
    [
      'an empty copy with the mark of the table',
      (table: string) =>
        `CREATE TABLE ${table}_copy (LIKE ${table} INCLUDING ALL); DROP TABLE ${table}; ALTER TABLE ${table}_copy RENAME TO ${table}`,
      /is another table/,
    ],
    [
      'a lost position',
      (table: string) => `DELETE FROM sluice_positions WHERE table_name = '${table}'`,
      /no position is stored/,
    ],
  ] as const) {
    t.test(`${what} stops the sink at its start, with the way to fill it again`, async (t) => {
      const receiver = await receiverOf(t, 'id', 'name');
      receiver.start();
      await receiver.put(1, 2);
      await receiver.has(2);
      await receiver.stop();
      await postgres.query(sql(receiver.table));
      receiver.start();
      t.match(await receiver.failed, { code: 'SINK_UNFIT', message });
      t.match(await receiver.failed, { message: new RegExp(`DELETE FROM public.sluice_positions.*${receiver.table}`) });
      await postgres.query(
        `DROP TABLE IF EXISTS ${receiver.table}; DELETE FROM sluice_positions WHERE table_name = '${receiver.table}'`,
      );
      receiver.start();
      await receiver.put(3);
      await receiver.has(3);
    });
  }

  t.test('a table that is replaced while the sink runs stops it, and the copy gets nothing', async (t) => {
    const receiver = await receiverOf(t, 'id', 'name');
    receiver.start();
    await receiver.put(1);
    await receiver.has(1);
    const { table } = receiver;
    await postgres.query(`BEGIN; CREATE TABLE ${table}_copy (LIKE ${table} INCLUDING ALL); ALTER TABLE ${table} RENAME TO ${table}_old;
      ALTER TABLE ${table}_copy RENAME TO ${table}; COMMIT`);
    await receiver.put(2);
    t.match(await receiver.failed, { code: 'SINK_UNFIT', message: /is another table/ });
    t.same(await receiver.rows(), []);
  });

  t.test('another row filter is reported, over restarts, until a snapshot has ended', async (t) => {
    const receiver = await receiverOf(t, 'id', 'district');
    const alarm = async () => metricValue(receiver.context, 'alarm', 'alarm="rows_unfilled"');
    receiver.start();
    await receiver.put(1, 2);
    await receiver.has(2);
    await receiver.stop();
    receiver.rowFilter = { district: { is: 'd1' } };
    await receiver.grantItems('id', 'district');
    for (const start of ['first', 'second']) {
      receiver.context.metrics.alarm('rows_unfilled', false);
      receiver.start();
      await eventually(async () => (await alarm()) === 1, `the alarm of the ${start} start`);
      if (start === 'first') await receiver.stop();
    }
    await receiver.snapshot(1, 2);
    await receiver.has(1);
    await eventually(async () => (await alarm()) === 0, 'the end of the alarm');
    await receiver.stop();
    receiver.start();
    await receiver.put(4);
    await receiver.has(2);
    t.equal(await alarm(), 0);
  });

  t.test('a table that is restored together with its position is gone on with', async (t) => {
    const receiver = await receiverOf(t, 'id', 'name');
    receiver.start();
    await receiver.put(1);
    await receiver.has(1);
    await receiver.stop();
    const { table } = receiver;
    // As a restore does: other oids, the same rows, and the comment on the column.
    for (const name of [table, 'sluice_positions']) {
      await postgres.query(`CREATE TABLE ${name}_restored (LIKE ${name} INCLUDING ALL); INSERT INTO ${name}_restored SELECT * FROM ${name};
        DROP TABLE ${name}; ALTER TABLE ${name}_restored RENAME TO ${name}`);
    }
    receiver.start();
    await receiver.put(2);
    await receiver.has(2);
  });

  t.test('a database that takes no connections for a while is waited for', async (t) => {
    const receiver = await receiverOf(t, 'id', 'name');
    await postgres.query('CREATE DATABASE closed_for_now ALLOW_CONNECTIONS false');
    receiver.database = Object.assign(new URL(postgres.url), { pathname: '/closed_for_now' }).href;
    receiver.start();
    const isWaiting = async () => (await metricValue(receiver.context, 'up', 'side="peer"')) === 0;
    await eventually(isWaiting, 'the sink to wait');
    await postgres.query('ALTER DATABASE closed_for_now ALLOW_CONNECTIONS true');
    await eventually(async () => (await metricValue(receiver.context, 'up', 'side="peer"')) === 1, 'the connection');
  });

  t.test('a table that is dropped while the sink runs stops it with the reason', async (t) => {
    const receiver = await receiverOf(t, 'id', 'name');
    receiver.start();
    await receiver.put(1);
    await receiver.has(1);
    await postgres.query(`DROP TABLE ${receiver.table}`);
    await receiver.put(2);
    t.match(await receiver.failed, { code: 'SINK_UNFIT', message: /is gone/ });
  });

  t.test('a newly granted item is filled for the rows stored so far', async (t) => {
    const receiver = await receiverOf(t, 'id', 'name');
    receiver.start();
    await receiver.put(1, 2, 3);
    await receiver.has(3);
    await receiver.grantItems('id', 'name', 'age');
    await eventually(
      async () => (await receiver.rows()).every(({ age }) => age !== null && age !== undefined),
      'the ages',
    );
    await receiver.put(4);
    await receiver.has(4);
    t.same(
      (await receiver.rows('age')).map(({ age }) => Number(age)),
      [1, 2, 3, 4].map((number) => person(number).age),
    );
    t.equal(await metricValue(receiver.context, 'alarm', 'alarm="rows_unfilled"'), undefined);
  });

  t.test('rows whose events are older than the history of the grant are reported until the next start', async (t) => {
    const receiver = await receiverOf(t, 'id', 'name');
    receiver.start();
    await receiver.put(1, 2);
    await receiver.has(2);
    const [, last] = await receiver.rows('_time');
    await receiver.put(3);
    await receiver.has(3);
    await receiver.stop();
    receiver.history = new Date(Number(last?._time) + 1).toISOString();
    await receiver.grantItems('id', 'name', 'age');
    receiver.start();
    await receiver.put(4);
    await receiver.has(4);
    t.same(
      (await receiver.rows('age')).map(({ age }) => (age === null ? null : Number(age))),
      [null, null, person(3).age, person(4).age],
    );
    t.equal(await metricValue(receiver.context, 'alarm', 'alarm="rows_unfilled"'), 1);
  });

  t.test('an item that is no longer masked is filled for the rows stored so far', async (t) => {
    const receiver = await receiverOf(t, 'id', { name: 'name', transform: 'mask' });
    receiver.start();
    await receiver.put(1, 2);
    await receiver.has(2);
    await receiver.grantItems('id', 'name');
    await eventually(
      async () =>
        (await receiver.rows()).every(({ id, name }) =>
          [person(1), person(2)].some((one) => one.id === id && one.name === name),
        ),
      'the names in plain',
    );
  });

  t.test(
    'an identifier that is delivered in another form stops the sink, since its rows have other keys',
    async (t) => {
      const receiver = await receiverOf(t, { name: 'id', transform: 'hash' }, 'name');
      receiver.start();
      await receiver.put(1);
      await receiver.has(1);
      await receiver.grantItems('id', 'name');
      t.match(await receiver.failed, { code: 'SINK_UNFIT', message: /id is delivered in another form/ });
    },
  );

  t.test('a database that is read-only for a while is waited for', async (t) => {
    const receiver = await receiverOf(t, 'id', 'name');
    receiver.start();
    await receiver.put(1);
    await receiver.has(1);
    await postgres.query(`ALTER DATABASE postgres SET default_transaction_read_only = on`);
    await postgres.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sink' AND pid <> pg_backend_pid()`,
    );
    await receiver.put(2);
    await eventually(async () => (await metricValue(receiver.context, 'up', 'peer')) === 0, 'the metric to report it');
    await postgres.query(`BEGIN READ WRITE; ALTER DATABASE postgres RESET default_transaction_read_only; COMMIT`);
    await receiver.has(2);
  });

  t.test(
    'a row that a trigger of the department refuses goes to the dead letters, and others are stored',
    async (t) => {
      const receiver = await receiverOf(t, 'id', 'name');
      receiver.start();
      await receiver.put(1);
      await receiver.has(1);
      await postgres.query(`CREATE FUNCTION ${receiver.table}_check() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF NEW.name = '${person(2).name}' THEN RAISE EXCEPTION 'not here'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER checks BEFORE INSERT ON ${receiver.table} FOR EACH ROW EXECUTE FUNCTION ${receiver.table}_check()`);
      await receiver.put(2, 3);
      await receiver.has(2);
      t.equal(await metricValue(receiver.context, 'alarm', 'dead_letter'), 1);
    },
  );

  t.test('a database that does not exist ends the sink with its SQLSTATE', async (t) => {
    const lane = await bus.lane(t);
    const database = Object.assign(new URL(postgres.url), { pathname: '/nowhere' }).href;
    const config = parsePostgresSinkConfig({ database, grant: lane.grant, table: 'nowhere' });
    const sink = new PostgresSink(config, 'sink');
    await t.rejects(sink.open(), { code: 'SINK_UNFIT', message: /3D000/ });
  });
});

t.test('items that cannot be columns end the sink with one line each', async (t) => {
  const postgres = await startPostgres(t);
  const config = parsePostgresSinkConfig({ database: postgres.url, grant: 'g', table: 'people' });
  const sink = new PostgresSink(config, 'test');
  t.teardown(() => sink[Symbol.asyncDispose]());
  await sink.open();
  const long = 'a'.repeat(64);
  const items = [long, 'xmin', 'name'].map((name, number) => ({ name, number, type: 'string' as const }));
  await t.rejects(sink.shape({ items } as Parameters<PostgresSink['shape']>[0]), {
    code: 'SINK_UNFIT',
    message: /^item a{64} cannot be a column.*63 bytes\nitem xmin cannot be a column[^\n]*$/,
  });
  t.throws(
    () => parsePostgresSinkConfig({ database: 'postgres://x/y', grant: 'g', table: 'sluice_positions' }),
    /choose another/,
  );
});
