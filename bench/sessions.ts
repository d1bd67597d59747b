import { provinceGrants, provinceSystems } from './documents/province.js';
import { type BenchResult, type BenchRun, runBench } from './harness/bench-run.js';
import { CpuMeter, type CpuSeconds, cpuSum } from './harness/cpu-meter.js';
import { ledgerChecked } from './harness/ledger-checked.js';
import { targetOf } from './harness/province-bus.js';
import { startBus } from './harness/subscribed-bus.js';
import { type Opened, SubscriberGroup } from './harness/subscriber-group.js';
import { pause } from './harness/wait-until.js';
import type { SluiceTarget } from './load/sluice-subscriber.js';
import { type BrokerProcess, startBroker } from './processes/broker-process.js';
import { usageOf } from './processes/process-usage.js';

/** Measures what a session costs: to connect, authenticate and subscribe, while it is idle, and in memory. */
const ENTRIES_MAX = 40_000;
/** The store is filled at about this rate; a short run has fewer entries. */
const ENTRIES_PER_SECOND_OF_BENCH = 1000;
const ONE_BY_ONE = 200;
const SESSIONS = 3000;
const STORM_SESSIONS = 5000;
const IN_FLIGHT = 50;
/** Two heartbeats: an idle session answers every second one. The kernel counts CPU in hundredths of a second, of which two in this time are 0.1 % of a core. */
const IDLE_MS_MIN = 20_000;
/** Filling the store, a start on it, the check of the ledger after it, and 8,000 sessions. */
const SPARE_SECONDS = 240;

await runBench('sessions', measureSessions, { spareSeconds: SPARE_SECONDS });

async function measureSessions(run: BenchRun): Promise<BenchResult> {
  const entries = Math.min(ENTRIES_MAX, Math.round(run.options.seconds * ENTRIES_PER_SECOND_OF_BENCH));
  const { broker, targets } = await startFilled(run, entries);
  const group = SubscriberGroup.empty(run);
  const cpuSeconds: Record<string, CpuSeconds> = {};
  const meters = { ...broker.roles, subscribers: group.pid };
  const timed = async (name: string, act: () => Promise<Opened>) => {
    const meter = await CpuMeter.start(meters);
    const opened = await act();
    const { cpuSeconds: used } = await meter.read();
    cpuSeconds[name] = used;
    const sessions = opened.times.count;
    const figures = {
      ...opened,
      brokerMs: msEach(used, ['broker'], sessions),
      allMs: msEach(used, Object.keys(broker.roles), sessions),
    };
    run.note(`${name}: ${JSON.stringify(figures)}`);
    return figures;
  };
  const oneByOne = await timed('one by one', () => group.openTimed(targets.slice(0, ONE_BY_ONE), 1));
  const before = await residentKiB(broker);
  const many = await timed('many', () => group.openTimed(targets.slice(ONE_BY_ONE, SESSIONS), IN_FLIGHT));
  const meter = await CpuMeter.start(meters);
  await pause(Math.max(IDLE_MS_MIN, (run.options.seconds / 4) * 1000));
  const idle = await meter.read();
  cpuSeconds.idle = idle.cpuSeconds;
  const kib = Math.round(((await residentKiB(broker)) - before) / (SESSIONS - ONE_BY_ONE));
  await timed('more', () => group.openTimed(targets.slice(SESSIONS), IN_FLIGHT));
  const storm = await timed('storm', () => group.storm(STORM_SESSIONS, STORM_SESSIONS));
  const idlePercent = round((cpuSum(idle.cpuSeconds, ['broker']) / idle.seconds) * 100);
  await group.end();
  await broker.end();
  return {
    ratio: { p50Ms: oneByOne.times.p50Ms, brokerMs: many.brokerMs, perSecond: many.perSecond, idlePercent, kib },
    aim: 'p50 <= 5 ms one by one, <= 0.3 ms of broker CPU each, >= 3,000/s, idle <= 0.5 % of a core, <= 20 KiB each',
    figures: { entries, oneByOne, many, idlePercent, kibEach: kib, storm },
    cpuSeconds,
  };
}

async function startFilled(run: BenchRun, count: number): Promise<{ broker: BrokerProcess; targets: SluiceTarget[] }> {
  const entries = Array.from({ length: count }, (_, i) => `bench.e${i}`);
  const { grants } = provinceGrants(entries, 1);
  const filling = await startBus(run, { subscribers: provinceSystems(), entries, grants });
  await filling.end();
  const broker = await startBroker(run);
  run.note(`${entries.length} entries and ${grants.length} grants are stored`);
  await ledgerChecked(broker.url);
  const targets = grants.slice(0, STORM_SESSIONS).map((grant) => targetOf(broker.url, grant));
  return { broker, targets };
}

/** Sum over all processes of the bus. */
async function residentKiB(broker: BrokerProcess): Promise<number> {
  const usages = await Promise.all(Object.values(broker.roles).map(usageOf));
  return usages.reduce((sum, usage) => sum + (usage?.residentMiB ?? 0) * 1024, 0);
}

function msEach(used: CpuSeconds, roles: string[], sessions: number): number {
  return round((cpuSum(used, roles) / sessions) * 1000);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
