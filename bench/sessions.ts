import { provinceGrants, provinceSystems } from './documents/province.js';
import { type BenchResult, type BenchRun, runBench } from './harness/bench-run.js';
import { ledgerChecked } from './harness/ledger-checked.js';
import { targetOf } from './harness/province-bus.js';
import { round, SessionPhases } from './harness/session-phases.js';
import { startBus } from './harness/subscribed-bus.js';
import { SubscriberGroup } from './harness/subscriber-group.js';
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
/** After the start V8 compiles, and collects what the start has left behind. */
const STARTED_MS = 30_000;
/** Filling the store, a start on it, the check of the ledger after it, 8,000 sessions, and waiting three times while nothing is done. */
const SPARE_SECONDS = 300;

await runBench('sessions', measureSessions, { spareSeconds: SPARE_SECONDS });

async function measureSessions(run: BenchRun): Promise<BenchResult> {
  const entries = Math.min(ENTRIES_MAX, Math.round(run.options.seconds * ENTRIES_PER_SECOND_OF_BENCH));
  const { broker, targets } = await startFilled(run, entries);
  const group = SubscriberGroup.empty(run);
  const phases = new SessionPhases(run, broker, group.pid);
  await pause(STARTED_MS);
  const without = await phases.idle('idleWithout');
  const oneByOne = await phases.opened('one by one', () => group.openTimed(targets.slice(0, ONE_BY_ONE), 1));
  const before = await residentKiB(broker);
  const many = await phases.opened('many', () => group.openTimed(targets.slice(ONE_BY_ONE, SESSIONS), IN_FLIGHT));
  // V8 compiles what thousands of sessions have brought into use, and collects the whole heap once: this is no steady state.
  const opened = await phases.idle('idleOpened');
  const kib = Math.round(((await residentKiB(broker)) - before) / (SESSIONS - ONE_BY_ONE));
  const settled = await phases.idle('idle');
  const more = await phases.opened('more', () => group.openTimed(targets.slice(SESSIONS), IN_FLIGHT));
  const storm = await phases.opened('storm', () => group.storm(STORM_SESSIONS, STORM_SESSIONS));
  await group.end();
  await broker.end();
  const idlePercent = round(settled - without);
  return {
    ratio: { p50Ms: oneByOne.times.p50Ms, brokerMs: many.brokerMs, perSecond: many.perSecond, idlePercent, kib },
    aim: 'p50 <= 5 ms one by one, <= 0.3 ms of broker CPU each, >= 3,000/s, idle <= 0.5 % of a core beyond none, <= 20 KiB each',
    figures: { entries, oneByOne, many, more, idle: { without, opened, settled }, kibEach: kib, storm },
    cpuSeconds: phases.cpuSeconds,
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
