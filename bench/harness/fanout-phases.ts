import { benchBundle, benchGrant, tokenOf } from '../documents/bench-bundle.js';
import { benchEntry } from '../documents/bench-entry.js';
import type { EventPlan } from '../load/event-supply.js';
import { startBroker } from '../processes/broker-process.js';
import { startNatsServer } from '../processes/nats-process.js';
import type { BenchRun } from './bench-run.js';
import { CpuMeter, type CpuSeconds, cpuSum, type Roles } from './cpu-meter.js';
import { operate } from './operator.js';
import { portOf, Source } from './source.js';
import { SubscriberGroup } from './subscriber-group.js';
import { pause } from './wait-until.js';

export const SUBSCRIBERS = 500;
const GRANTS = 10;
const ENTRY = 'bench.records';
/** Without a rate, events that the slowest subscriber may lag behind the source. */
const LAG_MAX = 1000;
const LAG_REPORT_INTERVAL_MS = 10;
/** One subscriber in this many measures the age of its events; not a multiple of the grants, so that those of each channel of a flush are among them. */
const SAMPLED_EVERY = 11;
const CREDIT = 20_000;
/** At a low rate a phase takes longer, so that percentiles mean something. */
const EVENTS_PER_PHASE_MIN = 60;

/**
 * A new process runs its code slowly, and compiles what it runs often. Acknowledgements come once a second from each session, so it takes
 * them seconds to be among that.
 */
const WARM_UP_RATE = 100;
const WARM_UP_SECONDS_MIN = 15;
/** The greatest rate is looked for between these shares of what the side delivers flat out, by halving. */
const SHARES = { least: 0.25, most: 1.25 };
const HALVINGS = 5;
/** A source that was held back did not keep the rate. */
const KEPT_SHARE = 0.97;
/** Time for what a rate too great has left behind, in milliseconds: a second's events at the most. */
const DRAIN_MS = 2_000;

/** Events per second by the name of the phase; undefined publishes as fast as the slowest subscriber reads. */
export type Rates = Record<string, number | undefined>;

export interface FanoutOrder {
  rates: Rates;
  /** Length of each phase. */
  seconds: number;
  /** Looks for the greatest rate whose 99th percentile of the age on arrival is at most this, in milliseconds; needs `flatOut`. */
  heldP99Ms?: number;
}

export interface FanoutReport {
  phases: Record<string, Phase>;
  /** Events per second; 0 when none was held or looked for. */
  greatestRate: number;
}

export interface Phase {
  deliveries: number;
  published: number;
  perSecond: number;
  perCpuSecond: number;
  /** Microseconds of CPU per delivery: of all servers, and of the broker or peer alone. */
  cpuMicros: number;
  serverMicros: number;
  p50Ms: number;
  p99Ms: number;
  missing: number;
  cpuSeconds: CpuSeconds;
}

const plan: EventPlan = { entries: [ENTRY], zipf: 0, codes: 1, prefix: 'f' };

/** 500 sessions in ten grants of one entry, which are ten views. */
export async function ofSluice(run: BenchRun, order: FanoutOrder): Promise<FanoutReport> {
  const broker = await startBroker(run);
  const system = (grant: number) => `reader${grant}`;
  const numbers = Array.from({ length: GRANTS }, (_, i) => i);
  // Each grant leaves out another item, so that each is a view of its own.
  const grants = numbers.map((i) => benchGrant({ id: `g${i}`, system: system(i), entry: ENTRY, without: 1 << i }));
  await operate(broker.url, 'POST', '/v1/bundles', benchBundle(numbers.map(system), [benchEntry(ENTRY)], grants));
  const targets = Array.from({ length: SUBSCRIBERS }, (_, i) => ({
    port: portOf(broker.url),
    token: tokenOf(system(i % GRANTS)),
    encoding: 'sluice.v1.protobuf' as const,
    sampled: i % SAMPLED_EVERY === 0,
    subscriptions: [{ grant: `g${i % GRANTS}`, cursor: `c${i}`, credit: CREDIT }],
  }));
  const subscribers = await SubscriberGroup.openSluice(run, targets);
  const source = await Source.overSocket(run, broker.url, plan);
  const report = await runPhases(run, { order, source, subscribers, servers: broker.roles });
  await broker.end();
  return report;
}

/** Publishes the bytes that the bus stores, without storing them: the peer has less to do. */
export async function ofNats(run: BenchRun, order: FanoutOrder): Promise<FanoutReport> {
  const server = await startNatsServer(run, 'nats');
  const targets = Array.from({ length: SUBSCRIBERS }, (_, i) => ({
    port: server.webSocketPort,
    subject: 'fanout',
    sampled: i % SAMPLED_EVERY === 0,
  }));
  const subscribers = await SubscriberGroup.openNats(run, targets);
  const source = await Source.toNats(run, { url: server.url, subject: 'fanout', stored: false }, plan);
  const report = await runPhases(run, { order, source, subscribers, servers: { 'nats-server': server.pid } });
  await server.end();
  return report;
}

interface Setup {
  order: FanoutOrder;
  source: Source;
  subscribers: SubscriberGroup;
  servers: Roles;
}

async function runPhases(run: BenchRun, setup: Setup): Promise<FanoutReport> {
  const { source, subscribers, order } = setup;
  await subscribers.watch(LAG_REPORT_INTERVAL_MS, ({ least }) => source.delivered(least));
  await runPhase(setup, { rate: WARM_UP_RATE, secondsMin: WARM_UP_SECONDS_MIN });
  const phases: Record<string, Phase> = {};
  const server = Object.keys(setup.servers)[0];
  for (const [name, rate] of Object.entries(order.rates)) {
    phases[name] = await runPhase(setup, { rate });
    run.note(`${server} ${name}: ${JSON.stringify(phases[name])}`);
  }
  const flatOut = (phases.flatOut?.perSecond ?? 0) / SUBSCRIBERS;
  const greatestRate = order.heldP99Ms === undefined ? 0 : await findGreatestRate(setup, flatOut, order.heldP99Ms);
  run.note(`${server} holds ${greatestRate} events/s`);
  // Their reports of progress go to the source.
  await subscribers.end();
  await source.end();
  return { phases, greatestRate };
}

async function findGreatestRate(setup: Setup, flatOut: number, heldP99Ms: number): Promise<number> {
  let held = 0;
  let [low, high] = [flatOut * SHARES.least, flatOut * SHARES.most];
  for (let i = 0; i < HALVINGS; i++) {
    const rate = Math.round((low + high) / 2);
    const { p99Ms, missing, published } = await runPhase(setup, { rate, undeliveredMax: rate });
    const isHeld = p99Ms <= heldP99Ms && missing === 0 && published >= rate * setup.order.seconds * KEPT_SHARE;
    if (isHeld) held = low = rate;
    else {
      high = rate;
      await pause(DRAIN_MS);
    }
  }
  return held;
}

interface PhaseOrder {
  rate: number | undefined;
  secondsMin?: number;
  undeliveredMax?: number;
}

async function runPhase({ order, source, subscribers, servers }: Setup, phase: PhaseOrder): Promise<Phase> {
  const { rate, secondsMin = 0, undeliveredMax = LAG_MAX } = phase;
  const seconds = Math.max(order.seconds, secondsMin, EVENTS_PER_PHASE_MIN / (rate ?? Number.POSITIVE_INFINITY));
  await pause(500);
  await subscribers.reset();
  const meter = await CpuMeter.start({ ...servers, subscribers: subscribers.pid, source: source.pid });
  const { published } = await source.publish({ rate, seconds, unansweredMax: undeliveredMax, undeliveredMax });
  await pause(500);
  const { events, latency } = await subscribers.report();
  const used = await meter.read();
  return {
    deliveries: events,
    published,
    perSecond: Math.round(events / (used.seconds - 0.5)),
    cpuMicros: micros(cpuSum(used.cpuSeconds, Object.keys(servers)), events),
    serverMicros: micros(cpuSum(used.cpuSeconds, Object.keys(servers).slice(0, 1)), events),
    perCpuSecond: Math.round(events / cpuSum(used.cpuSeconds, Object.keys(servers))),
    p50Ms: latency.p50Ms,
    p99Ms: latency.p99Ms,
    missing: published * SUBSCRIBERS - events,
    cpuSeconds: used.cpuSeconds,
  };
}

/** Without the CPU seconds of each process, which a bench reports apart. */
export function figuresOf(phases: Record<string, Phase>): Record<string, Omit<Phase, 'cpuSeconds'>> {
  return Object.fromEntries(Object.entries(phases).map(([name, { cpuSeconds: _, ...phase }]) => [name, phase]));
}

/** CPU seconds of both sides by phase. */
export function cpuSecondsOf(sides: Record<string, Record<string, Phase>>): Record<string, CpuSeconds> {
  const all: Record<string, CpuSeconds> = {};
  for (const [side, phases] of Object.entries(sides)) {
    for (const [name, { cpuSeconds }] of Object.entries(phases)) all[`${side} ${name}`] = cpuSeconds;
  }
  return all;
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function micros(seconds: number, events: number): number {
  return round((seconds / events) * 1e6);
}
