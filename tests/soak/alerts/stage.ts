import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Test } from 'tap';
import type { EmbeddedServer } from '../../../broker/nats/server/embedded-server.js';
import { alertmanagerFile } from '../../../dashboard/prometheus/alertmanager-file.js';
import { errorRatio, OBJECTIVES, type Objective } from '../../../dashboard/prometheus/objectives.js';
import { prometheusFile, rulesFile } from '../../../dashboard/prometheus/rules-file.js';
import { TimeScale } from '../../../dashboard/prometheus/time-scale.js';
import type { SourceEvent } from '../../../proto/event/event.js';
import { applyBundle, OPERATOR_TOKEN } from '../../support/broker/broker.js';
import { brokerCopy } from '../../support/broker/broker-copy.js';
import { type BrokerProcess, spawnBroker } from '../../support/broker/broker-process.js';
import { eventually } from '../../support/condition.js';
import { LAWFUL } from '../../support/lawful/lawful-bus.js';
import { freePorts } from '../../support/nats/free-ports.js';
import { startNats, temporaryFolder } from '../../support/nats/nats.js';
import { NatsCluster } from '../../support/nats/nats-cluster.js';
import { TestAlertmanager, TestPrometheus } from '../../support/prometheus/prometheus.js';
import { RawSession } from '../../support/raw-client/raw-client.js';
import { call, type RawAnswer } from '../../support/raw-client/raw-http.js';
import { type SmallDisk, smallDisk } from '../../support/small-disk.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import type { Fault } from './fault.js';
import { READER_TOKEN, SOURCE_TOKEN, STAGE_BUNDLE } from './stage-bundle.js';

/** Five minutes are 3 s, six hours 216 s. The faults shorten what the bus does by itself: the canary has other rounds, a broker no seals. */
export const SCALE = new TimeScale(100, 100);
/** Twice the scaled one: an answer that takes longer is lost, and ten in the shortest window are enough. */
const SCRAPE_INTERVAL = '300ms';
const CANARY_INTERVAL_S = '0.3';
const SEEN_MS_MAX = 60_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** A bus with its Prometheus and Alertmanager, on which one fault is made. */
export class Stage {
  #canary: ChildProcess | undefined;
  broker!: BrokerProcess;
  prometheus: TestPrometheus = undefined as never;
  alertmanager!: TestAlertmanager;
  disk: SmallDisk | undefined;
  nats: EmbeddedServer | undefined;
  cluster: NatsCluster | undefined;
  proxy: TcpProxy | undefined;
  readonly env: NodeJS.ProcessEnv = {};
  #events = 0;

  private constructor(
    readonly t: Test,
    readonly folder: string,
    readonly port: number,
    private readonly canaryPort: number,
  ) {}

  static async open(t: Test, fault: Fault): Promise<Stage> {
    const [port, canaryPort] = (await freePorts(2)) as [number, number];
    const stage = new Stage(t, await temporaryFolder(t), port, canaryPort);
    await stage.#startBus(fault);
    await stage.#startWatch();
    if (fault.canary) await stage.startCanary();
    return stage;
  }

  get url(): string {
    return this.broker.url;
  }

  get dataDir(): string {
    return join(this.disk?.folder ?? this.folder, 'data');
  }

  /** Starts a broker on the same port, unless another is given, and the same data; `main` is that of a copy. */
  async startBroker(main?: string, port = String(this.port)): Promise<void> {
    this.broker = await spawnBroker(this.t, this.dataDir, { ...this.env, SLUICE_PORT: port }, main);
  }

  /** Starts a broker on another store, which nothing was written to. */
  async startOnNewStore(): Promise<void> {
    await this.#startNats();
    this.env.SLUICE_DATA = await temporaryFolder(this.t);
    await this.startBroker();
  }

  /** Settings of the brokers that are started from now on. */
  async configure(more = ''): Promise<void> {
    const config = join(this.folder, 'sluice.yaml');
    await writeFile(config, `durability: relaxed\npartitions: 2\n${more}\n`);
    this.env.SLUICE_CONFIG = config;
  }

  /** Brokers that are started from now on have a clock that is so much ahead of the machine's, or behind it. SIGUSR2 sets it 5 s ahead. */
  async setClockAhead(ms: number): Promise<void> {
    const preload = join(this.folder, 'clock.mjs');
    const clock = `let ahead = ${ms}; const now = Date.now; Date.now = () => now() + ahead;\n`;
    await writeFile(preload, `${clock}process.on('SIGUSR2', () => (ahead += 5000));\n`);
    this.env.NODE_OPTIONS = `--import=${pathToFileURL(preload)}`;
  }

  async startCanary(): Promise<void> {
    const main = join(import.meta.dirname, '..', '..', '..', 'cli', 'main.js');
    const data = join(this.folder, 'canary');
    const args = ['canary', '--url', this.url, '--data', data, '--metrics-port', String(this.canaryPort)];
    const child = spawn(process.execPath, [main, ...args, '--interval', CANARY_INTERVAL_S], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, SLUICE_TOKEN: OPERATOR_TOKEN },
    });
    this.#canary = child;
    this.t.teardown(() => this.stopCanary());
    await once(child.stdout!, 'data');
  }

  async stopCanary(): Promise<void> {
    const child = this.#canary;
    this.#canary = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }

  get #grantsToken(): string {
    return join(this.folder, 'operator.token');
  }

  /** For `/metrics/grants`: Prometheus reads the file when it begins, and then no more. */
  async giveToken(token = OPERATOR_TOKEN): Promise<void> {
    await writeFile(this.#grantsToken, token);
    await this.prometheus?.stop();
    await this.#startPrometheus();
  }

  act(method: string, path: string, body: object): Promise<RawAnswer> {
    return call({ url: this.url, token: OPERATOR_TOKEN }, method, path, JSON.stringify(body));
  }

  apply(bundle: object): Promise<unknown> {
    return applyBundle(this.url, bundle);
  }

  /** Events of the source; `change` goes over each. */
  events(count: number, change: Partial<SourceEvent> = {}): Partial<SourceEvent>[] {
    return Array.from({ length: count }, () => {
      const id = `e${++this.#events}`;
      return { specversion: '1.0', id, type: 'north.permit', subject: id, op: 'create', data: { id }, ...change };
    });
  }

  publish(events: Partial<SourceEvent>[]): Promise<RawAnswer> {
    const body = JSON.stringify(events);
    return call(
      { url: this.url, token: SOURCE_TOKEN },
      'POST',
      '/v1/events',
      body,
      'application/cloudevents-batch+json',
    );
  }

  async session(): Promise<RawSession> {
    const session = await RawSession.open({ url: this.url, token: READER_TOKEN, encoding: 'sluice.v1.json' });
    this.t.teardown(() => session.close().catch(() => undefined));
    return session;
  }

  /** Resolves when Prometheus has an answer to a query. */
  async untilSeen(query: string, what: string): Promise<void> {
    await eventually(async () => (await this.prometheus.query(query)).length > 0, what, SEEN_MS_MAX);
  }

  /** Whether an objective was missed in the last moments. Not above 0: sums of equal counters may differ in the last digit. */
  async isMissed(name: string): Promise<boolean> {
    const { ratio, limit } = lastMoments(name);
    return (await this.prometheus.query(`${ratio} > ${limit}`)).length > 0;
  }

  /** Whether an objective was met in the last moments, by events: the verdict on those of a dead broker comes later than its end. */
  async isMet(name: string): Promise<boolean> {
    const { ratio, limit, total } = lastMoments(name);
    return (await this.prometheus.query(`${ratio} <= ${limit} and (${total}) > 0`)).length > 0;
  }

  async #startBus(fault: Fault): Promise<void> {
    const lawful = Object.entries({ ...LAWFUL, webhookAllow: ['127.0.0.1'] });
    const settings = fault.lawful ? lawful.map(([name, value]) => `${name}: ${JSON.stringify(value)}`) : [];
    await this.configure([...settings, fault.config ?? ''].join('\n'));
    if (fault.diskMegabytes !== undefined) this.disk = await smallDisk(this.t, fault.diskMegabytes);
    this.env.SLUICE_LOG_LEVEL = 'fatal';
    if (fault.natsOutside) await this.#startNats();
    if (fault.natsCluster) await this.#startCluster();
    if (fault.journalApart) await this.#putJournalApart();
    if (fault.startedDaysAgo !== undefined) await this.setClockAhead(-fault.startedDaysAgo * DAY_MS);
    await this.startBroker(fault.mutation && (await brokerCopy(this.t, fault.mutation)));
    if (!fault.lawful) await this.apply(STAGE_BUNDLE);
  }

  async #startCluster(): Promise<void> {
    this.cluster = await NatsCluster.start(this.t);
    this.env.SLUICE_NATS = this.cluster.urls;
  }

  async #putJournalApart(): Promise<void> {
    const folder = join(this.folder, 'journal');
    await mkdir(folder);
    this.env.SLUICE_RIGHTS_JOURNAL = join(folder, 'rights.ndjson');
  }

  async #startNats(): Promise<void> {
    this.nats = await startNats(this.t);
    const target = new URL(this.nats.url);
    this.proxy = await TcpProxy.start(this.t, { host: target.hostname, port: Number(target.port) });
    this.env.SLUICE_NATS = `nats://${this.nats.user}:${this.nats.pass}@127.0.0.1:${this.proxy.port}`;
  }

  async #startWatch(): Promise<void> {
    this.alertmanager = await TestAlertmanager.start(this.t, alertmanagerFile());
    await this.giveToken();
  }

  async #startPrometheus(): Promise<void> {
    const prometheus = prometheusFile({
      targets: [`127.0.0.1:${this.port}`],
      canaries: [`127.0.0.1:${this.canaryPort}`],
      alertmanagers: [this.alertmanager.host],
      grantsTokenFile: this.#grantsToken,
      scale: SCALE,
      scrapeInterval: SCRAPE_INTERVAL,
    });
    this.prometheus = await TestPrometheus.start(this.t, {
      'prometheus.yml': prometheus,
      'rules.yml': rulesFile(SCALE),
    });
  }
}

function lastMoments(name: string): { ratio: string; limit: number; total: string } {
  const objective = OBJECTIVES.find((one) => one.name === name) as Objective;
  const limit = Number((1 - objective.target).toPrecision(6));
  return { ratio: errorRatio(objective, '5m'), limit, total: objective.total(SCALE.duration('5m')) };
}
