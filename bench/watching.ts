import { RATE, ZIPF } from './documents/province.js';
import { type BenchRun, runBench } from './harness/bench-run.js';
import { CpuMeter, type CpuSeconds, cpuSum } from './harness/cpu-meter.js';
import { entryIds, provinceTargets, startProvince } from './harness/province-bus.js';
import { Source } from './harness/source.js';
import { SubscriberGroup } from './harness/subscriber-group.js';
import { pause } from './harness/wait-until.js';
import { type BrokerProcess, OPERATOR_TOKEN } from './processes/broker-process.js';
import { startCanary } from './processes/canary-process.js';

/**
 * Measures what it costs to watch a bus of the size of a province: the broker with nothing to do, the canary beside it at rest
 * and under load, and a scrape of every grant.
 */
const ENTRIES_PER_SECOND_OF_BENCH = 30;
const ENTRIES_MAX = 40_000;
const UNANSWERED_MAX = 4000;
const SCRAPES = 20;
/** The first round of the canary, and what a process compiles in its first minute. */
const WARM_UP_MS = 60_000;
/** Filling, two warm-ups, and as many subscriptions as a province has. */
const SPARE_SECONDS = 400;

interface Phase {
  percent: Record<string, number>;
  cpuSeconds: CpuSeconds;
}

const watching = async (run: BenchRun) => {
  const entries = entryIds(Math.min(ENTRIES_MAX, Math.round(run.options.seconds * ENTRIES_PER_SECOND_OF_BENCH)));
  const seconds = run.options.seconds / 5;
  const { broker, deliveriesPerEvent } = await startProvince(run, entries);
  await pause(WARM_UP_MS);
  const quiet = await measure(run, 'quiet', broker, {}, () => pause(seconds * 1000));
  const canary = await startCanary(run, broker.url);
  const watched = { canary: canary.pid };
  await pause(WARM_UP_MS);
  const quietWatched = await measure(run, 'quiet, with a canary', broker, watched, () => pause(seconds * 1000));

  const group = await SubscriberGroup.openSluice(run, provinceTargets(broker.url, entries));
  const source = await Source.overSocket(run, broker.url, { entries, zipf: ZIPF, codes: 50, prefix: 'w' });
  const rate = RATE / deliveriesPerEvent;
  const publish = (s: number) => source.publish({ rate, seconds: s, unansweredMax: UNANSWERED_MAX });
  await publish(5);
  const before = (await group.report()).events;
  const busy = await measure(run, 'busy, with a canary', broker, watched, () => publish(seconds));
  const perSecond = Math.round(((await group.report()).events - before) / seconds);
  const grants = await scrape(run, broker, '/metrics/grants');
  const metrics = await scrape(run, broker, '/metrics');
  await canary.end();
  return {
    ratio: { quietPercent: quietWatched.percent.canary as number, busyPercent: busy.percent.canary as number },
    aim: 'canary at most 1 % of a core on a quiet bus and 3 % at the load of province; /metrics/grants 50 ms of CPU, /metrics 20',
    figures: {
      entries: entries.length,
      perSecond,
      grants,
      metrics,
      percentOfACore: { quiet: quiet.percent, quietWatched: quietWatched.percent, busy: busy.percent },
    },
    cpuSeconds: { quiet: quiet.cpuSeconds, quietWatched: quietWatched.cpuSeconds, busy: busy.cpuSeconds },
  };
};

async function measure(
  run: BenchRun,
  name: string,
  { roles }: BrokerProcess,
  more: Record<string, number>,
  act: () => Promise<unknown>,
): Promise<Phase> {
  const all = { ...roles, ...more };
  const meter = await CpuMeter.start(all);
  await act();
  const { cpuSeconds, seconds } = await meter.read();
  const percent = Object.fromEntries(
    Object.keys(all).map((role) => [role, Math.round((cpuSum(cpuSeconds, [role]) / seconds) * 10_000) / 100]),
  );
  run.note(`${name}: ${JSON.stringify(percent)} % of a core in ${seconds} s`);
  return { percent, cpuSeconds };
}

/** Broker CPU for each of some scrapes, without what it uses meanwhile anyway. */
async function scrape(run: BenchRun, { url, roles }: BrokerProcess, path: string) {
  const broker = { broker: roles.broker as number };
  let bytes = 0;
  const meter = await CpuMeter.start(broker);
  for (let i = 0; i < SCRAPES; i++) {
    const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${OPERATOR_TOKEN}` } });
    bytes = (await answer.text()).length;
  }
  const used = await meter.read();
  const rest = await CpuMeter.start(broker);
  await pause(used.seconds * 1000);
  const idle = await rest.read();
  const msEach = ((cpuSum(used.cpuSeconds, ['broker']) - cpuSum(idle.cpuSeconds, ['broker'])) / SCRAPES) * 1000;
  const figures = { bytes, cpuMsEach: Math.round(msEach * 10) / 10 };
  run.note(`${path}: ${JSON.stringify(figures)}`);
  return figures;
}

await runBench('watching', watching, { spareSeconds: SPARE_SECONDS });
