import { type BenchGrant, tokenOf } from './documents/bench-bundle.js';
import { BenchRun, runBench } from './harness/bench-run.js';
import { portOf, Source } from './harness/source.js';
import { startBus } from './harness/subscribed-bus.js';
import { SubscriberGroup } from './harness/subscriber-group.js';
import { pause, waitUntil } from './harness/wait-until.js';
import type { SluiceTarget } from './load/sluice-subscriber.js';
import type { BrokerProcess } from './processes/broker-process.js';
import { LinuxProcess } from './processes/linux-process.js';
import { usageOf } from './processes/process-usage.js';

/** Measures how CPU per event, idle CPU and memory grow with ten times of each number that a bus has, one at a time. */
interface Size {
  eventsPerSecond: number;
  sessions: number;
  /** Grants that nobody follows, beside those of the sessions. */
  grants: number;
  /** Distinct ones among the sessions' grants, which all match every event. */
  views: number;
  entries: number;
  partitions: number;
  workers: number;
  /** Events in the log that every session reads first. */
  backlog: number;
}

const BASE: Size = {
  eventsPerSecond: 100,
  sessions: 50,
  grants: 100,
  views: 5,
  entries: 300,
  partitions: 4,
  workers: 1,
  backlog: 2_000,
};
/** Ten workers would not find a core each on the machines that benches run on. */
const FACTORS: Partial<Record<keyof Size, number>> = { workers: 4 };
const FACTOR = 10;
const ENTRY = 'bench.records';
const CREDIT = 20_000;
const UNANSWERED_MAX = 20_000;
const IDLE_MS = 3_000;
const WARM_SECONDS = 1;
const ARRIVAL_MS_MAX = 60_000;
const START_MS_MAX = 120_000;

interface Figures {
  microsPerEvent: number;
  natsMicrosPerEvent: number;
  microsPerDelivery: number;
  microsPerCaughtUpDelivery: number;
  /** Share of one core while nothing happens. */
  idleShare: number;
  brokerMiB: number;
  natsMiB: number;
  setUpCpuSeconds: number;
}

await runBench(
  'growth',
  async (run) => {
    const numbers = Object.keys(BASE) as (keyof Size)[];
    const seconds = Math.max(2, run.options.seconds / (2 * (numbers.length + 1)));
    const figures: Record<string, Figures> = {};
    const ratio: Record<string, number> = {};
    const base = await measure(run, BASE, seconds);
    figures.base = base;
    run.note(`base: ${JSON.stringify(base)}`);
    for (const number of numbers) {
      const factor = FACTORS[number] ?? FACTOR;
      const name = `${number} × ${factor}`;
      const grown = await measure(run, { ...BASE, [number]: BASE[number] * factor }, seconds);
      figures[name] = grown;
      ratio[name] = Math.round((grown.microsPerEvent / base.microsPerEvent) * 100) / 100;
      run.note(`${name}: ${JSON.stringify(grown)}`);
    }
    return { ratio, aim: 'broker CPU per event against the base', figures: { size: BASE, ...figures }, cpuSeconds: {} };
  },
  { spareSeconds: 900 },
);

/** Each size has a bus of its own, in a run of its own within the folder of the bench. */
async function measure(whole: BenchRun, size: Size, seconds: number): Promise<Figures> {
  const run = new BenchRun(whole.options, `${whole.folder}/${Math.random().toString(36).slice(2)}`);
  try {
    return await measureOn(run, size, seconds);
  } finally {
    await run.release();
  }
}

async function measureOn(run: BenchRun, size: Size, seconds: number): Promise<Figures> {
  const { sessions, partitions, workers } = size;
  const systems = Array.from({ length: sessions }, (_none, index) => `reader${index}`);
  const entries = [ENTRY, ...Array.from({ length: size.entries - 1 }, (_none, index) => `bench.other${index}`)];
  const options = { config: { partitions, workers }, startMsMax: START_MS_MAX };
  const broker = await startBus(run, { subscribers: systems, entries, grants: grantsOf(size), options });
  const setUp = await use(broker);
  const source = await Source.overSocket(run, broker.url, { entries: [ENTRY], zipf: 0, codes: 50, prefix: 'growth' });
  let stored = 0;
  const publish = async (rate: number, forSeconds: number) => {
    const { published } = await source.publish({ rate, seconds: forSeconds, unansweredMax: UNANSWERED_MAX });
    stored += published;
    return published;
  };
  await publish(Math.max(size.backlog / 4, 1), 4);
  const group = SubscriberGroup.empty(run);
  const arrived = () =>
    waitUntil('every delivery', ARRIVAL_MS_MAX, async () => (await group.report()).events >= stored * sessions);
  const beforeCatchUp = await use(broker);
  const backlog = stored;
  await group.add(systems.map((system, index) => targetOf(broker, system, index)));
  await arrived();
  const caughtUp = await use(broker);
  await pause(IDLE_MS);
  const idle = await use(broker);
  await publish(size.eventsPerSecond, WARM_SECONDS);
  await arrived();
  const before = await use(broker);
  const published = await publish(size.eventsPerSecond, seconds);
  await arrived();
  const after = await use(broker);
  const micros = (from: number, to: number, count: number) => Math.round(((to - from) / count) * 1e7) / 10;
  return {
    microsPerEvent: micros(before.broker, after.broker, published),
    natsMicrosPerEvent: micros(before.nats, after.nats, published),
    microsPerDelivery: micros(before.broker, after.broker, published * sessions),
    microsPerCaughtUpDelivery: micros(beforeCatchUp.broker, caughtUp.broker, backlog * sessions),
    idleShare: Math.round(((idle.broker - caughtUp.broker) / IDLE_MS) * 1e6) / 1e3,
    brokerMiB: Math.round(after.brokerMiB),
    natsMiB: Math.round(after.natsMiB),
    setUpCpuSeconds: Math.round(setUp.broker * 10) / 10,
  };
}

function grantsOf({ sessions, grants, views }: Size): BenchGrant[] {
  const followed = Array.from({ length: sessions }, (_none, index): BenchGrant => {
    return { id: `g${index}`, system: `reader${index}`, entry: ENTRY, without: index % views };
  });
  const others = Array.from({ length: grants }, (_none, index): BenchGrant => {
    const rows = { code: { is: `other${index}` } };
    return { id: `other${index}`, system: `reader${index % sessions}`, entry: ENTRY, without: 0, rows };
  });
  return [...followed, ...others];
}

function targetOf(broker: BrokerProcess, system: string, index: number): SluiceTarget {
  return {
    port: portOf(broker.url),
    token: tokenOf(system),
    encoding: 'sluice.v1.protobuf',
    sampled: true,
    subscriptions: [{ grant: `g${index}`, from: 'earliest', credit: CREDIT }],
  };
}

/** CPU seconds and memory so far: of the broker with its workers, and of nats-server. */
async function use({ roles }: BrokerProcess) {
  const primary = roles.broker!;
  const children = new LinuxProcess(primary).children.map(({ pid }) => pid);
  const workers = children.filter((pid) => pid !== roles['nats-server']);
  const brokers = await Promise.all([primary, ...workers].map((pid) => usageOf(pid)));
  const nats = await usageOf(roles['nats-server']!);
  return {
    broker: brokers.reduce((sum, one) => sum + (one?.cpuSeconds ?? 0), 0),
    brokerMiB: brokers.reduce((sum, one) => sum + (one?.residentMiB ?? 0), 0),
    nats: nats?.cpuSeconds ?? Number.NaN,
    natsMiB: nats?.residentMiB ?? Number.NaN,
  };
}
