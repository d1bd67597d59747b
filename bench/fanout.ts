import { benchBundle, benchGrant, tokenOf } from './documents/bench-bundle.js';
import { benchEntry } from './documents/bench-entry.js';
import { type BenchRun, runBench } from './harness/bench-run.js';
import { CpuMeter, type CpuSeconds, cpuSum, type Roles } from './harness/cpu-meter.js';
import { operate } from './harness/operator.js';
import { portOf, Source } from './harness/source.js';
import { SubscriberGroup } from './harness/subscriber-group.js';
import { pause } from './harness/wait-until.js';
import type { EventPlan } from './load/event-supply.js';
import { startBroker } from './processes/broker-process.js';
import { startNatsServer } from './processes/nats-process.js';

/**
 * Measures deliveries per CPU-second of the servers, against nats-server's own WebSocket listener with plain
 * subscriptions.
 */
const SUBSCRIBERS = 500;
const GRANTS = 10;
const ENTRY = 'bench.records';
/** Events per second; undefined publishes as fast as the slowest subscriber reads. */
const RATES: Record<string, number | undefined> = { at100: 100, at500: 500, flatOut: undefined };
/** Without a rate, events that the slowest subscriber may lag behind the source. */
const LAG_MAX = 1000;
const LAG_REPORT_INTERVAL_MS = 10;
/** One subscriber in this many measures the age of its events. */
const SAMPLED_EVERY = 10;
const CREDIT = 20_000;

interface Phase {
  deliveries: number;
  perSecond: number;
  perCpuSecond: number;
  p50Ms: number;
  p99Ms: number;
  missing: number;
  cpuSeconds: CpuSeconds;
}

const plan: EventPlan = { entries: [ENTRY], zipf: 0, codes: 1, prefix: 'f' };

await runBench('fanout', async (run) => {
  const seconds = Math.max(2, run.options.seconds / 10);
  const sluice = await ofSluice(run, seconds);
  const nats = await ofNats(run, seconds);
  const ratio: Record<string, number> = {};
  const cpuSeconds: Record<string, CpuSeconds> = {};
  for (const name of Object.keys(RATES)) {
    ratio[name] = round((sluice[name] as Phase).perCpuSecond / (nats[name] as Phase).perCpuSecond);
    cpuSeconds[`sluice ${name}`] = (sluice[name] as Phase).cpuSeconds;
    cpuSeconds[`nats ${name}`] = (nats[name] as Phase).cpuSeconds;
  }
  const aim = 'at least 1.5 at 100/s, 3 at 500/s, 5 flat out';
  return { ratio, aim, figures: { sluice: figuresOf(sluice), nats: figuresOf(nats) }, cpuSeconds };
});

async function ofSluice(run: BenchRun, seconds: number): Promise<Record<string, Phase>> {
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
  const phases = await runPhases(run, { seconds, source, subscribers, servers: broker.roles });
  await broker.end();
  return phases;
}

/** Publishes the bytes that the bus stores, without storing them: the peer has less to do. */
async function ofNats(run: BenchRun, seconds: number): Promise<Record<string, Phase>> {
  const server = await startNatsServer(run, 'nats');
  const targets = Array.from({ length: SUBSCRIBERS }, (_, i) => ({
    port: server.webSocketPort,
    subject: 'fanout',
    sampled: i % SAMPLED_EVERY === 0,
  }));
  const subscribers = await SubscriberGroup.openNats(run, targets);
  const source = await Source.toNats(run, { url: server.url, subject: 'fanout', stored: false }, plan);
  const phases = await runPhases(run, { seconds, source, subscribers, servers: { 'nats-server': server.pid } });
  await server.end();
  return phases;
}

interface Setup {
  seconds: number;
  source: Source;
  subscribers: SubscriberGroup;
  servers: Roles;
}

async function runPhases(run: BenchRun, setup: Setup): Promise<Record<string, Phase>> {
  const { source, subscribers } = setup;
  await subscribers.watch(LAG_REPORT_INTERVAL_MS, ({ least }) => source.delivered(least));
  await source.publish({ rate: 100, seconds: 1, unansweredMax: LAG_MAX });
  const phases: Record<string, Phase> = {};
  for (const [name, rate] of Object.entries(RATES)) {
    phases[name] = await runPhase(setup, rate);
    run.note(`${Object.keys(setup.servers)[0]} ${name}: ${JSON.stringify(phases[name])}`);
  }
  await source.end();
  await subscribers.end();
  return phases;
}

async function runPhase({ seconds, source, subscribers, servers }: Setup, rate: number | undefined): Promise<Phase> {
  await pause(500);
  await subscribers.reset();
  const meter = await CpuMeter.start({ ...servers, subscribers: subscribers.pid, source: source.pid });
  const { published } = await source.publish({ rate, seconds, unansweredMax: LAG_MAX, undeliveredMax: LAG_MAX });
  await pause(500);
  const { events, latency } = await subscribers.report();
  const used = await meter.read();
  return {
    deliveries: events,
    perSecond: Math.round(events / (used.seconds - 0.5)),
    perCpuSecond: Math.round(events / cpuSum(used.cpuSeconds, Object.keys(servers))),
    p50Ms: latency.p50Ms,
    p99Ms: latency.p99Ms,
    missing: published * SUBSCRIBERS - events,
    cpuSeconds: used.cpuSeconds,
  };
}

function figuresOf(phases: Record<string, Phase>): Record<string, Omit<Phase, 'cpuSeconds'>> {
  return Object.fromEntries(Object.entries(phases).map(([name, { cpuSeconds: _, ...phase }]) => [name, phase]));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
