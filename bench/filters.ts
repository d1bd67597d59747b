import { type BenchGrant, tokenOf } from './documents/bench-bundle.js';
import { type BenchRun, runBench } from './harness/bench-run.js';
import { CpuMeter, type CpuSeconds, cpuSum } from './harness/cpu-meter.js';
import { portOf, Source } from './harness/source.js';
import { startBus } from './harness/subscribed-bus.js';
import { SubscriberGroup } from './harness/subscriber-group.js';
import { pause, waitUntil } from './harness/wait-until.js';
import type { SluiceTarget } from './load/sluice-subscriber.js';
import type { BrokerProcess } from './processes/broker-process.js';

/**
 * Measures CPU time of the broker per event with a growing number of views, each event matching exactly five of them by
 * equality.
 */
const VIEWS = [10, 100, 1000, 10_000];
const MATCHES = 5;
const SESSIONS = 100;
const RATE = 1000;
const ENTRY = 'bench.records';
const UNANSWERED_MAX = 20_000;
const ARRIVAL_MS_MAX = 10_000;

interface Step {
  brokerMicrosPerEvent: number;
  deliveriesPerEvent: number;
  /** Share of one core that the broker uses while nothing is published. */
  idleShare: number;
  p99Ms: number;
  cpuSeconds: CpuSeconds;
}

await runBench('filters', async (run) => {
  const seconds = Math.max(2, run.options.seconds / 8);
  const most = VIEWS.at(-1) as number;
  const subscribers = Array.from({ length: SESSIONS }, (_, i) => systemOf(i));
  const grants = Array.from({ length: most }, (_, view) => grantOf(view));
  const broker = await startBus(run, { subscribers, entries: [ENTRY], grants });
  const group = await SubscriberGroup.openSluice(run, []);
  const steps: Record<string, Step> = {};
  let open = 0;
  for (const views of VIEWS) {
    await group.add(targetsOf(broker, open, views));
    open = views;
    steps[views] = await step(run, { broker, group, views, seconds });
    run.note(`${views} views: ${JSON.stringify(steps[views])}`);
  }
  const micros = (views: number | undefined) => steps[String(views)]?.brokerMicrosPerEvent ?? Number.NaN;
  return {
    ratio: Math.round((micros(most) / micros(VIEWS[0])) * 100) / 100,
    aim: 'at most 2 from the fewest to the most views',
    figures: Object.fromEntries(
      Object.entries(steps).map(([views, { cpuSeconds: _, ...figures }]) => [views, figures]),
    ),
    cpuSeconds: Object.fromEntries(Object.entries(steps).map(([views, { cpuSeconds }]) => [views, cpuSeconds])),
  };
});

function systemOf(view: number): string {
  return `reader${view % SESSIONS}`;
}

/** Views with the same code differ by the item that they leave out. */
function grantOf(view: number): BenchGrant {
  const rows = { code: { is: `c${Math.floor(view / MATCHES)}` } };
  return { id: `g${view}`, system: systemOf(view), entry: ENTRY, without: 1 << (view % MATCHES), rows };
}

/** The added views, spread over the systems: one more session for each system. */
function targetsOf(broker: BrokerProcess, from: number, to: number): SluiceTarget[] {
  const bySystem = new Map<string, string[]>();
  for (let view = from; view < to; view++) {
    bySystem.set(systemOf(view), [...(bySystem.get(systemOf(view)) ?? []), `g${view}`]);
  }
  return [...bySystem].map(([system, grants]) => ({
    port: portOf(broker.url),
    token: tokenOf(system),
    encoding: 'sluice.v1.protobuf',
    sampled: true,
    subscriptions: grants.map((grant) => ({ grant, from: 'latest', credit: 20_000 })),
  }));
}

interface StepSetup {
  broker: BrokerProcess;
  group: SubscriberGroup;
  views: number;
  seconds: number;
}

async function step(run: BenchRun, { broker, group, views, seconds }: StepSetup): Promise<Step> {
  const plan = { entries: [ENTRY], zipf: 0, codes: views / MATCHES, prefix: `v${views}` };
  const source = await Source.overSocket(run, broker.url, plan);
  await source.publish({ rate: RATE, seconds: 1, unansweredMax: UNANSWERED_MAX });
  await pause(1000);
  const idle = await CpuMeter.start(broker.roles);
  await pause(2000);
  const idleUse = await idle.read();
  await group.reset();
  const meter = await CpuMeter.start({ ...broker.roles, subscribers: group.pid, source: source.pid });
  const { published } = await source.publish({ rate: RATE, seconds, unansweredMax: UNANSWERED_MAX });
  const arrived = async () => (await group.report()).events >= published * MATCHES;
  await waitUntil('the arrival of every delivery', ARRIVAL_MS_MAX, arrived);
  const { cpuSeconds } = await meter.read();
  const { events, latency } = await group.report();
  await source.end();
  return {
    brokerMicrosPerEvent: Math.round((cpuSum(cpuSeconds, ['broker']) / published) * 1e6),
    deliveriesPerEvent: events / published,
    idleShare: Math.round((cpuSum(idleUse.cpuSeconds, ['broker']) / idleUse.seconds) * 1000) / 1000,
    p99Ms: latency.p99Ms,
    cpuSeconds,
  };
}
