import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Test } from 'tap';
import type { Lane } from '../../../connectors/conformance/lane.js';
import type { ConnectorContext } from '../../../connectors/runtime/connector-context.js';
import { ConnectorMetrics } from '../../../connectors/runtime/connector-metrics.js';
import type { DeliveredEvent, SourceEvent } from '../../../proto/event/event.js';
import { startBroker, type TestBroker } from '../broker/broker.js';
import { temporaryFolder } from '../nats/nats.js';
import { checkMetrics, needsPrometheus } from '../prometheus/prometheus.js';
import { mustCall } from '../raw-client/raw-http.js';
import { TcpProxy } from '../tcp-proxy.js';

const QUICK = { firstDelayMs: 20, delayMsMax: 200 };
const PARTY = 'conformance';
const BATCH = 1_000;

/** A broker that gives each test of a conformance suite its own lane. */
export class ConnectorBus {
  #lanes = 0;

  private constructor(
    readonly broker: TestBroker,
    private readonly folder: string,
  ) {}

  static async start(t: Test): Promise<ConnectorBus> {
    const broker = await startBroker(t);
    await broker.apply({ parties: [{ id: PARTY, name: { en: 'Conformance' }, level: 'city', regionCode: '350100' }] });
    return new ConnectorBus(broker, await temporaryFolder(t));
  }

  readonly lane = async (t: Test): Promise<Lane> => {
    const number = ++this.#lanes;
    const names = {
      entry: `${PARTY}.people-${number}`,
      grant: `g-people-${number}`,
      publishToken: `token-of-the-publisher-${number}-0123456789`,
      subscribeToken: `token-of-the-subscriber-${number}-0123456789`,
    };
    await this.broker.apply(bundleOf(number, names));
    const folder = join(this.folder, String(number));
    await mkdir(folder);
    const { hostname, port } = new URL(this.broker.url);
    const proxy = await TcpProxy.start(t, { host: hostname, port: Number(port) });
    return new BusLane(this.broker.url, proxy, folder, names);
  };

  /** Publishes a version of a lane's entry in which one more item is filterable. */
  async makeFilterable({ entry }: Lane, item: string): Promise<void> {
    const { items, ...rest } = entryOf(entry);
    const changed = items.map((one) => (one.name === item ? { ...one, filterable: true } : one));
    await this.broker.apply({ entries: [{ ...rest, items: changed }] });
  }
}

interface LaneNames {
  entry: string;
  grant: string;
  publishToken: string;
  subscribeToken: string;
}

class BusLane implements Lane {
  readonly entry: string;
  readonly grant: string;
  readonly #seen = new Map<string, DeliveredEvent[]>();

  constructor(
    private readonly url: string,
    private readonly proxy: TcpProxy,
    private readonly folder: string,
    private readonly names: LaneNames,
  ) {
    this.entry = names.entry;
    this.grant = names.grant;
  }

  sourceContext(name: string): ConnectorContext {
    return this.#context(name, this.names.publishToken);
  }

  sinkContext(name: string): ConnectorContext {
    return this.#context(name, this.names.subscribeToken);
  }

  async metricFlaws({ metrics }: ConnectorContext): Promise<string> {
    return needsPrometheus.skip ? '' : checkMetrics(await metrics.registry.metrics());
  }

  async publish(events: readonly SourceEvent[]): Promise<void> {
    const caller = { url: this.url, token: this.names.publishToken };
    for (let start = 0; start < events.length; start += BATCH) {
      const body = JSON.stringify(events.slice(start, start + BATCH));
      const { json } = await mustCall(caller, 'POST', '/v1/events', body, 'application/cloudevents-batch+json');
      const refused = (json as { problem?: { detail: string } }[]).find(({ problem }) => problem);
      if (refused) throw new Error(`the bus refused an event of the test: ${refused.problem?.detail}`);
    }
  }

  delivered(): Promise<DeliveredEvent[]> {
    return this.#deliveredBy(this.grant);
  }

  deliveredOfD2(): Promise<DeliveredEvent[]> {
    return this.#deliveredBy(d2GrantOf(this.grant));
  }

  async #deliveredBy(grant: string): Promise<DeliveredEvent[]> {
    const caller = { url: this.url, token: this.names.subscribeToken };
    const seen = this.#seen.get(grant) ?? [];
    this.#seen.set(grant, seen);
    while (true) {
      const from = seen.at(-1)?.position ?? 'earliest';
      const { text } = await mustCall(caller, 'GET', `/v1/grants/${grant}/events?from=${from}&limit=10000`);
      const events = text
        .trim()
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as DeliveredEvent);
      seen.push(...events);
      if (events.length === 0) return seen;
    }
  }

  async quarantined(): Promise<number> {
    const caller = { url: this.url, token: this.names.publishToken };
    const { json } = await mustCall(caller, 'GET', `/v1/quarantine?entry=${this.entry}`);
    return (json as { events: unknown[] }).events.length;
  }

  async deadLetters(): Promise<number> {
    const caller = { url: this.url, token: this.names.subscribeToken };
    const { json } = await mustCall(caller, 'GET', `/v1/grants/${this.grant}/dead-letters`);
    return Object.values(json as Record<string, unknown[]>)[0]?.length ?? (json as unknown[]).length;
  }

  cut(): Promise<void> {
    return this.proxy.cut();
  }

  restore(): Promise<void> {
    return this.proxy.restore();
  }

  #context(name: string, token: string): ConnectorContext {
    return {
      name,
      bus: { url: `http://127.0.0.1:${this.proxy.port}`, token },
      stateFolder: this.folder,
      metrics: new ConnectorMetrics({ name, kind: 'test' }),
      log: pino({ level: process.env.SLUICE_TEST_LOG ?? 'silent' }),
      reconnect: QUICK,
    };
  }
}

const entryOf = (id: string) => ({
  id,
  name: { en: 'People' },
  sharingAttribute: 'unconditional',
  items: [
    { name: 'id', type: 'string', identifier: true, maxLength: 40 },
    { name: 'name', type: 'string', required: true, maxLength: 40 },
    { name: 'age', type: 'integer', minimum: 0 },
    { name: 'district', type: 'string', filterable: true, maxLength: 40 },
  ],
});

const d2GrantOf = (grant: string): string => `${grant}-d2`;

function bundleOf(number: number, { entry, grant, publishToken, subscribeToken }: LaneNames): object {
  const [publisher, subscriber] = [`publisher-${number}`, `subscriber-${number}`];
  const everything = {
    id: grant,
    system: subscriber,
    entry,
    items: ['id', 'name', 'age', 'district'].map((name) => ({ name })),
    purpose: 'to see everything',
    basis: 'a test',
    period: { from: '2020-01-01', to: '2099-12-31' },
    history: 'all',
  };
  return {
    systems: [
      { id: publisher, party: PARTY, may: ['publish'], token: publishToken },
      { id: subscriber, party: PARTY, may: ['subscribe'], token: subscribeToken },
    ],
    entries: [entryOf(entry)],
    grants: [everything, { ...everything, id: d2GrantOf(grant), rows: { district: { is: 'd2' } } }],
  };
}
