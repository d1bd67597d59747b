import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parse, stringify } from 'yaml';
import { runConnector } from '../../../cli/commands/connectors/run-connector.js';
import { type ConnectorConfig, parseConnectorConfig } from '../../../connectors/runtime/connector-config.js';
import type { DeliveredEvent } from '../../../proto/event/event.js';
import { projectRoot } from '../../structure/source-tree.js';
import { startBroker, type TestBroker } from '../../support/broker/broker.js';
import { eventually } from '../../support/condition.js';
import { sluice } from '../../support/connectors/recording-terminal.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { mustCall } from '../../support/raw-client/raw-http.js';

const CASES = join(projectRoot, '..', 'shared', 'faults');
const NORTH = 'token-of-the-north-office-01';
const SOUTH = 'token-of-the-south-office-01';

/** A connector in this process, as `sluice connect` runs it. */
class Running {
  readonly #ending = new AbortController();
  readonly done: Promise<void>;
  #metricsUrl: string | undefined;

  constructor(t: Test, config: ConnectorConfig) {
    this.done = runConnector(config, this.#ending.signal, ({ metricsUrl }) => {
      this.#metricsUrl = metricsUrl;
    });
    this.done.catch((error) => t.fail(`the connector ended with ${String(error)}`));
    t.teardown(() => this.stop());
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.done.catch(() => undefined);
  }

  /** Waits for the alarm of a refused file. */
  refuses(): Promise<void> {
    const alarm = /sluice_connector_alarm\{alarm="file_refused"[^}]*\} 1/;
    const isRaised = async (): Promise<boolean> =>
      this.#metricsUrl !== undefined && alarm.test(await (await fetch(this.#metricsUrl)).text());
    return eventually(isRaised, 'the alarm file_refused', 30_000);
  }
}

/** Names of one case on the bus that all cases share: the bundles of the cases use the same ones. */
const namedFor = (text: string, number: number): string =>
  text
    .replaceAll('north.permit', `north.permit-${number}`)
    .replace(/^(\s*-? ?(?:id|grant): )"?g"?$/gm, `$1g-${number}`);

/** The entry and grant of a case, and a folder with its configuration. */
class Case {
  private constructor(
    private readonly t: Test,
    private readonly source: string,
    private readonly number: number,
    readonly folder: string,
    private readonly url: string,
  ) {}

  static async open(t: Test, name: string, number: number, { url, apply }: TestBroker): Promise<Case> {
    const source = join(CASES, name);
    await apply(parse(namedFor(await readFile(join(source, 'bundle.yaml'), 'utf8'), number)) as object);
    const folder = await temporaryFolder(t);
    await mkdir(join(folder, 'in'));
    return new Case(t, source, number, folder, url);
  }

  async config(name = 'connector.yaml', env: Record<string, string> = {}): Promise<ConnectorConfig> {
    const text = namedFor(await readFile(join(this.source, name), 'utf8'), this.number);
    const document = parse(text) as { settings: Record<string, unknown> };
    if (document.settings.folder !== undefined) document.settings.settleSeconds = 0;
    document.settings.pollSeconds &&= 0.05;
    const path = join(this.folder, 'connector.yaml');
    const all = { SLUICE_URL: this.url, SLUICE_TOKEN: NORTH, ...env };
    return { ...parseConnectorConfig(stringify(document), path, all), logLevel: 'silent' };
  }

  async connect(name?: string, env?: Record<string, string>): Promise<Running> {
    return new Running(this.t, await this.config(name, env));
  }

  async files(): Promise<string[]> {
    return (await readdir(join(this.source, 'in'))).sort();
  }

  /** Written beside and moved in, as a careful sender does. */
  async put(name: string): Promise<void> {
    await copyFile(join(this.source, 'in', name), join(this.folder, name));
    await rename(join(this.folder, name), join(this.folder, 'in', name));
  }

  async delivered(): Promise<DeliveredEvent[]> {
    const at = { url: this.url, token: SOUTH };
    const { text } = await mustCall(at, 'GET', `/v1/grants/g-${this.number}/events?from=earliest&limit=10000`);
    const lines = text.trim().split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as DeliveredEvent);
  }

  async ops(): Promise<string[]> {
    return (await this.delivered()).map(({ op, subject }) => (subject === undefined ? op : `${op} ${subject}`));
  }

  async data(subject: string): Promise<unknown> {
    return (await this.delivered()).find((event) => event.subject === subject)?.data;
  }

  async quarantine(): Promise<string> {
    const at = { url: this.url, token: NORTH };
    return JSON.stringify((await mustCall(at, 'GET', `/v1/quarantine?entry=north.permit-${this.number}`)).json);
  }

  async publishes(...ops: string[]): Promise<void> {
    await eventually(async () => (await this.ops()).join() === ops.join(), ops.join(), 30_000);
  }
}

const snapshot = (...subjects: string[]): string[] => [
  'snapshot_begin',
  ...subjects.map((subject) => `snapshot ${subject}`),
  'snapshot_end',
];

type RunCase = (t: Test, opened: Case) => Promise<void>;
const cases: [name: string, run: RunCase][] = [];
const faultCase = (name: string, run: RunCase): void => void cases.push([name, run]);

faultCase('identifier-as-a-number-in-ndjson', async (t, opened) => {
  await opened.put('permits.ndjson');
  await opened.connect();
  await opened.publishes(...snapshot('990102202611220014', 'K2'));
  t.match(await opened.data('990102202611220014'), { amount: '12345678901234567.89' });
  t.match(await opened.data('K2'), { amount: /^100(\.00)?$/ });
});

faultCase('identifier-as-a-number-in-a-workbook', async (t, opened) => {
  await opened.put('permits.xlsx');
  await (await opened.connect()).refuses();
  t.same(await opened.ops(), []);
});

faultCase('mapped-column-is-missing', async (t, opened) => {
  const [first, second] = await opened.files();
  await opened.put(first!);
  const program = await opened.connect();
  await opened.publishes(...snapshot('1', '2'));
  await opened.put(second!);
  await program.refuses();
  t.same(await opened.ops(), snapshot('1', '2'));
});

faultCase('time-of-a-workbook-and-its-offset', async (t, opened) => {
  await opened.put('permits.xlsx');
  await opened.connect();
  await opened.publishes(...snapshot('1', '2'));
  t.match(await opened.data('1'), { at: /^2026-11-24T08:30:00(\.0+)?\+08:00$/ });
  t.match(await opened.data('2'), { at: '2026-11-24T00:00:00+08:00' });
});

faultCase('file-without-content', async (t, opened) => {
  const [first, second] = await opened.files();
  await opened.put(first!);
  const program = await opened.connect();
  await eventually(async () => (await opened.ops()).includes('snapshot_end'), 'the first file', 30_000);
  const before = await opened.ops();
  await opened.put(second!);
  await program.refuses();
  t.same(await opened.ops(), before);
});

faultCase('refused-until-the-setting-is-right', async (t, opened) => {
  await opened.put('permits.csv');
  const first = await opened.connect('1-connector.yaml');
  await first.refuses();
  await first.stop();
  await opened.connect('2-connector.yaml');
  await opened.publishes(...snapshot('1'));
  t.match(await opened.data('1'), { name: 'Ann' });
});

faultCase('line-without-a-value', async (_t, opened) => {
  await opened.put('permits.csv');
  await opened.connect();
  await opened.publishes(...snapshot('1', '2'));
});

faultCase('integer-in-hexadecimal', async (t, opened) => {
  await opened.put('permits.csv');
  await opened.connect();
  await opened.publishes(...snapshot('2'));
  t.match(await opened.data('2'), { staff: 31 });
  t.match(await opened.quarantine(), /ITEM_INVALID.*staff|staff.*ITEM_INVALID/);
});

faultCase('error-in-a-cell', async (t, opened) => {
  await opened.put('permits.xlsx');
  await (await opened.connect()).refuses();
  t.same(await opened.ops(), []);
});

faultCase('state-of-the-http-source-is-lost', async (_t, opened) => {
  let body = await readFile(join(CASES, 'state-of-the-http-source-is-lost', '1-answer.json'), 'utf8');
  const service = createServer((_request, response) => response.end(body)).listen(0, '127.0.0.1');
  await once(service, 'listening');
  _t.teardown(() => service.close());
  const env = { SERVICE_URL: `http://127.0.0.1:${(service.address() as AddressInfo).port}` };
  const first = await opened.connect('connector.yaml', env);
  await opened.publishes(...snapshot('1', '2'));
  await first.stop();
  await rm(join(opened.folder, 'state'), { recursive: true });
  body = await readFile(join(CASES, 'state-of-the-http-source-is-lost', '3-answer.json'), 'utf8');
  await opened.connect('connector.yaml', env);
  await opened.publishes(...snapshot('1', '2'), ...snapshot('1'));
});

faultCase('url-that-can-never-be-called', async (t, opened) => {
  const error = await runConnector(await opened.config(), new AbortController().signal).catch(
    (caught: Error) => caught,
  );
  t.match(error, { code: 'CONFIG_INVALID', message: /settings\.url/ });
  t.notMatch(String(error), /pw/);
});

const areHere = existsSync(CASES);

t.test('fault cases of connectors', { skip: areHere ? false : 'the fault cases are not here' }, async (t) => {
  const bus = await startBroker(t);
  for (const [index, [name, run]] of cases.entries()) {
    t.test(name, { skip: !existsSync(join(CASES, name)) }, async (t) => run(t, await Case.open(t, name, index, bus)));
  }
});

t.test('token-that-no-header-can-carry', { skip: areHere ? false : 'the fault cases are not here' }, async (t) => {
  const folder = join(CASES, 'token-that-no-header-can-carry');
  const { SLUICE_TOKEN } = parse(await readFile(join(folder, 'environment.yaml'), 'utf8')) as Record<string, string>;
  process.env.SLUICE_TOKEN = SLUICE_TOKEN;
  t.teardown(() => delete process.env.SLUICE_TOKEN);
  const { exitCode, err } = await sluice('publish', join(folder, 'events.ndjson'));
  t.equal(exitCode, 2);
  t.match(err, /^[^\n]*SLUICE_TOKEN[^\n]*$/);
  t.notMatch(err, /token-of-the-north-office/);
});
