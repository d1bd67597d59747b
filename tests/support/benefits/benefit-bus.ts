import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Test } from 'tap';
import { parse } from 'yaml';
import { runBenefitCheck } from '../../../benefits/benefit-check.js';
import { CaseStore } from '../../../benefits/cases/case-store.js';
import { readRules } from '../../../benefits/config.js';
import { type Explanation, explain } from '../../../benefits/decisions/explain.js';
import type { Database } from '../../../benefits/store/database.js';
import type { ConnectorContext } from '../../../connectors/runtime/connector-context.js';
import { ConnectorMetrics } from '../../../connectors/runtime/connector-metrics.js';
import type { DeliveredEvent } from '../../../proto/event/event.js';
import { projectRoot } from '../../structure/source-tree.js';
import { startBroker, type TestBroker } from '../broker/broker.js';
import { eventually } from '../condition.js';
import type { ManualClock } from '../manual-clock.js';
import { mustCall, publishBatch } from '../raw-client/raw-http.js';
import type { RegisterEvent } from './benefit-events.js';

export const SCENARIOS = ['newborn', 'death', 'old-age', 'move', 'business-start', 'licence-end'] as const;
const RULE_FILES = SCENARIOS.map((name) => join(projectRoot, `examples/benefits/${name}/rules.yaml`));
const BUNDLES = [
  'examples/demo/bundle.yaml',
  'examples/benefits/registers.yaml',
  ...SCENARIOS.map((name) => `examples/benefits/${name}/bundle.yaml`),
];
const BATCH_EVENTS = 1_000;
const QUICK = { firstDelayMs: 20, delayMsMax: 200 };
/** Bound for the first step of a large population, which takes the longest. */
const WAIT_MS_MAX = 600_000;
/** Party → token of its publishing system, as in the bundles. */
const SOURCE_TOKENS: Record<string, string> = {
  'fujian-civil-affairs': 'demo-civil-registry-token-0123456789',
  'fuzhou-public-security': 'demo-household-registry-token-0123456789',
  'fuzhou-market-regulation': 'demo-enterprise-registry-token-0123456789',
  'fuzhou-hrss': 'demo-pension-payments-token-0123456789',
  'fuzhou-civil-affairs': 'demo-case-files-token-0123456789',
};

/** The grants of the check and the registers behind them. */
const GRANT_ENTRIES: Record<string, string> = {
  'g-check-births': 'fujian-civil-affairs.birth',
  'g-check-deaths': 'fujian-civil-affairs.death',
  'g-check-residence': 'fuzhou-public-security.residence',
  'g-check-pensions': 'fuzhou-hrss.pension',
  'g-check-case-files': 'fuzhou-civil-affairs.case-file',
  'g-check-licences': 'fuzhou-market-regulation.business-licence',
};

/** A broker with all registers, benefits and receivers of the examples. */
export class BenefitBus {
  #ids = 0;
  /** Entry → position of the last event that a register has published. */
  readonly published = new Map<string, number>();

  private constructor(readonly broker: TestBroker) {}

  static async start(t: Test): Promise<BenefitBus> {
    // The check and its embedded database hold this process, on a busy machine for long.
    const broker = await startBroker(t, { config: { ledgerSightMs: 120_000 } });
    for (const bundle of BUNDLES) await broker.apply(parse(readFileSync(join(projectRoot, bundle), 'utf8')) as object);
    return new BenefitBus(broker);
  }

  /** Publishes one by one. Resolves with the position of each event. */
  async publish(...events: RegisterEvent[]): Promise<number[]> {
    const positions: number[] = [];
    for (const event of events) positions.push(...(await this.publishAll([event])));
    return positions;
  }

  /** Publishes in batches, in the order of each register. Resolves with the position of each event. */
  async publishAll(events: readonly RegisterEvent[]): Promise<number[]> {
    const positions = new Array<number>(events.length);
    const byToken = new Map<string, number[]>();
    events.forEach(({ type }, index) => {
      const token = SOURCE_TOKENS[type.split('.')[0]!]!;
      const indexes = byToken.get(token) ?? [];
      indexes.push(index);
      byToken.set(token, indexes);
    });
    for (const [token, indexes] of byToken) {
      for (let start = 0; start < indexes.length; start += BATCH_EVENTS) {
        const part = indexes.slice(start, start + BATCH_EVENTS);
        const sent = part.map((index) => ({
          specversion: '1.0' as const,
          id: `benefit-${++this.#ids}`,
          ...events[index]!,
        }));
        const results = await publishBatch({ url: this.broker.url, token }, sent);
        results.forEach(({ position, problem }, index) => {
          if (position === undefined) throw new Error(`refused: ${JSON.stringify(problem)}`);
          positions[part[index]!] = position;
          this.published.set(events[part[index]!]!.type, position);
        });
      }
    }
    return positions;
  }

  /** All events delivered to a department under a grant. */
  async received(token: string, grant: string): Promise<DeliveredEvent[]> {
    const at = { url: this.broker.url, token };
    const { text } = await mustCall(at, 'GET', `/v1/grants/${grant}/events?from=earliest&limit=10000`);
    const lines = text.trim().split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as DeliveredEvent);
  }

  async grantAct(grant: string, act: 'suspend' | 'restore' | 'terminate'): Promise<void> {
    const at = { url: this.broker.url, token: this.broker.operatorToken };
    await mustCall(at, 'POST', `/v1/grants/${grant}/${act}`, JSON.stringify({ reason: 'a test' }));
  }

  /** Starts a check on a database, with a clock that the test moves. */
  async check(database: Database, clock: ManualClock, schema = 'benefits'): Promise<RunningCheck> {
    const rules = readRules(RULE_FILES, 'Asia/Shanghai');
    const store = await CaseStore.open(database, { schemaName: schema, rules, today: () => clock.today() });
    return new RunningCheck(store, clock, this);
  }
}

export const checkContext = (bus: BenefitBus): ConnectorContext => ({
  name: 'benefits',
  bus: { url: bus.broker.url, token: 'demo-benefit-check-token-0123456789' },
  stateFolder: projectRoot,
  metrics: new ConnectorMetrics({ name: 'benefits', kind: 'benefit-check' }),
  log: pino({ level: process.env.SLUICE_TEST_LOG ?? 'silent' }),
  reconnect: QUICK,
});

/** A check that follows a bus until the test stops it. */
export class RunningCheck {
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #context: ConnectorContext;
  #failure: unknown;

  constructor(
    readonly store: CaseStore,
    readonly clock: ManualClock,
    private readonly bus: BenefitBus,
  ) {
    this.#context = checkContext(bus);
    const deps = { store, context: this.#context, clock, cursor: 'default', restoredPollMs: 50 };
    this.#running = runBenefitCheck(deps, this.#stop.signal).catch((error: unknown) => {
      this.#failure = error;
    });
  }

  /** Resolves when everything that was published is stored and decided, and everything decided is published. */
  async settled(): Promise<void> {
    await eventually(
      async () => this.#hasAll() && (await this.#hasPublishedAll()),
      'the check to have everything',
      WAIT_MS_MAX,
    );
  }

  async advanceTo(day: string): Promise<void> {
    this.clock.advanceTo(day);
    await this.store.decideDue();
    await this.settled();
  }

  explain(subject: string, rule?: string): Promise<Explanation[]> {
    return explain(this.store, subject, rule);
  }

  /** As `/metrics` shows them. */
  metrics(): Promise<string> {
    return this.#context.metrics.registry.metrics();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #hasAll(): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    return this.store.rules.grants.every((grant) => {
      const { position, caughtUp, inForce } = this.store.progressOf(grant);
      return !inForce || (caughtUp && position >= (this.bus.published.get(GRANT_ENTRIES[grant]!) ?? 0));
    });
  }

  async #hasPublishedAll(): Promise<boolean> {
    await this.store.decideDue();
    const waiting = await this.store.database.transaction((sql) => this.store.outbox.size(sql));
    return waiting === 0;
  }
}
