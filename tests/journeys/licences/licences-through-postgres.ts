import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { processesWithArgument } from '../../../broker/nats/server/process-list.js';
import { applyBundle } from '../../support/broker/broker.js';
import { type BrokerProcess, spawnBroker } from '../../support/broker/broker-process.js';
import { eventually } from '../../support/condition.js';
import { ConnectorProcess } from '../../support/connectors/connector-process.js';
import { startPostgres, type TestPostgres } from '../../support/connectors/postgres.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import type { SeededRandom } from '../../support/seeded-random.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { DEPARTMENT_VIEWS, LICENCE_BUNDLE, LICENCE_COLUMNS, LICENCE_TOKENS } from './licence-departments.js';
import { LicenceRegister, registerRows } from './licence-register.js';

export interface LicenceRunOptions {
  rows: number;
  kills: number;
  /** Pause between two kills. */
  calmMs: { least: number; most: number };
  /** Pause between two transactions of the register. */
  changePauseMs: number;
  /** Bound for everything to arrive at the end. */
  settleMsMax: number;
  /** Before the kills: the first events of the register fail at the bus, and its connector is killed before it sends them again. */
  failsFirstEvents?: boolean;
}

type Department = keyof typeof DEPARTMENT_VIEWS;

/** Register → bus → two departments, while parts are killed. At the end each table equals its grant's view of the register. */
export async function runLicences(t: Test, random: SeededRandom, options: LicenceRunOptions): Promise<void> {
  const postgres = await startPostgres(t);
  const register = new LicenceRegister(postgres.url, registerRows(random, options.rows), random);
  await register.create(Math.floor(options.rows / 2));
  const city = await City.start(t, postgres);
  const ending = new AbortController();
  const changing = register.changeUntil(ending.signal, options.changePauseMs);
  changing.catch(() => ending.abort());
  if (options.failsFirstEvents) await city.failFirstEvents(options.settleMsMax);
  for (let kill = 0; kill < options.kills && !ending.signal.aborted; kill++) {
    await pause(random.between(options.calmMs.least, options.calmMs.most));
    const victim = random.pick(Object.keys(city.blows));
    t.comment(`kill ${kill + 1}: ${victim}`);
    await city.blows[victim]!();
  }
  await pause(options.calmMs.most);
  ending.abort();
  await changing;
  t.ok(register.changes > options.kills, `${register.changes} transactions changed the register`);
  for (const department of Object.keys(DEPARTMENT_VIEWS) as Department[]) {
    await settles(t, postgres, { city, department, settleMsMax: options.settleMsMax });
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function settles(
  t: Test,
  postgres: TestPostgres,
  { city, department, settleMsMax }: { city: City; department: Department; settleMsMax: number },
): Promise<void> {
  const { table, granted } = DEPARTMENT_VIEWS[department];
  const sql = `(TABLE held EXCEPT ALL TABLE granted) UNION ALL (TABLE granted EXCEPT ALL TABLE held)`;
  const differences = () =>
    postgres.query(`WITH held AS (${table}), granted AS (${granted}) ${sql} LIMIT 3`).catch(() => [{ missing: 'all' }]);
  let found: unknown[] = [];
  await eventually(
    async () => {
      found = await differences();
      return found.length === 0;
    },
    `the table of ${department}`,
    settleMsMax,
  ).catch(() => {});
  const diagnostics = found.length > 0 ? { outputs: city.outputs() } : {};
  t.same(found, [], `the table of ${department} equals the view of its grant`, diagnostics);
  const [{ count } = { count: 0 }] = await postgres.query<{ count: number }>(
    `SELECT count(*)::int FROM (${table}) AS t`,
  );
  t.ok(count > 0, `it has ${count} rows`);
}

/** The processes of the journey. */
class City {
  #broker: BrokerProcess | undefined;
  readonly #connectors: Record<string, ConnectorProcess> = {};

  private constructor(
    private readonly t: Test,
    private readonly postgres: TestPostgres,
    private readonly folder: string,
    private readonly proxy: TcpProxy,
  ) {}

  static async start(t: Test, postgres: TestPostgres): Promise<City> {
    const folder = await temporaryFolder(t);
    const broker = await spawnBroker(t, join(folder, 'bus'));
    const proxy = await TcpProxy.start(t, { host: '127.0.0.1', port: Number(new URL(broker.url).port) });
    const city = new City(t, postgres, folder, proxy);
    city.#broker = broker;
    await applyBundle(broker.url, LICENCE_BUNDLE);
    await city.#startConnectors();
    return city;
  }

  /** The parts that can be killed; each resolves when its part was started again. */
  readonly blows: Record<string, () => Promise<void>> = {
    'source connector': () => this.#connectors.register!.crash(),
    'sink connector of revenue': () => this.#connectors.revenue!.crash(),
    'sink connector of police': () => this.#connectors.police!.crash(),
    broker: async () => {
      await this.#broker?.kill();
      this.#broker = await spawnBroker(this.t, join(this.folder, 'bus'));
      this.proxy.retarget(Number(new URL(this.#broker.url).port));
    },
    'nats-server': async () => {
      const configFile = join(realpathSync(join(this.folder, 'bus')), 'nats', 'nats-server.conf');
      for (const { pid } of await processesWithArgument(configFile)) process.kill(pid, 'SIGKILL');
    },
    PostgreSQL: async () => {
      await this.postgres.kill?.();
      await this.postgres.restart?.();
    },
  };

  /** Kills nats-server before the register's first events are stored, and the source while it waits. */
  async failFirstEvents(waitMsMax: number): Promise<void> {
    const register = this.#connectors.register!;
    const state = join(this.folder, 'state', 'register.postgres-source.json');
    await eventually(() => existsSync(state), 'the slot of the register', waitMsMax);
    const isRefused = () => register.output.includes('STORE_UNAVAILABLE');
    const hasFailed = async (): Promise<boolean> => {
      await this.blows['nats-server']!();
      // A server that is killed again and again is started later and later.
      return eventually(isRefused, 'an event that fails', 3_000).then(
        () => true,
        () => false,
      );
    };
    await eventually(hasFailed, 'an event that fails', waitMsMax);
    await register.crash();
  }

  outputs(): string {
    return Object.entries(this.#connectors)
      .map(([name, { output }]) => `${name}: ${output.slice(-3000)}`)
      .join('\n');
  }

  async #startConnectors(): Promise<void> {
    const database = this.postgres.url;
    const tables = [{ table: 'public.licences', entry: 'licensing.licence', columns: LICENCE_COLUMNS }];
    await this.#start('register', 'postgres-source', LICENCE_TOKENS.source, { database, tables, snapshotRows: 200 });
    const sink = (grant: string, table: string) => ({ database, grant, table });
    await this.#start('revenue', 'postgres-sink', LICENCE_TOKENS.revenue, sink('g-revenue', 'revenue_licences'));
    await this.#start('police', 'postgres-sink', LICENCE_TOKENS.police, sink('g-police', 'police_licences'));
  }

  async #start(name: string, connector: string, token: string, settings: object): Promise<void> {
    const bus = { url: `http://127.0.0.1:${this.proxy.port}`, token };
    const config = { name, connector, bus, logLevel: 'warn', settings };
    this.#connectors[name] = await ConnectorProcess.start(this.t, this.folder, config);
  }
}
