import { SESSIONS } from './documents/province.js';
import { type BenchRun, runBench } from './harness/bench-run.js';
import { CpuMeter } from './harness/cpu-meter.js';
import { entryIds, provinceTargets, startProvince, ZIPF } from './harness/province-bus.js';
import { Source } from './harness/source.js';
import { SubscriberGroup } from './harness/subscriber-group.js';
import { pause } from './harness/wait-until.js';
import type { BrokerProcess } from './processes/broker-process.js';
import { usageOf } from './processes/process-usage.js';

/** Measures the size of Fujian's platform on one broker: is the hourly rate held, and how much faster can it go? */
const DOWNLOADS = 150_000_000;
/** Deliveries per second that reach the number of downloads in an hour. */
const RATE = 41_700;
/** Share of all sessions that reconnect per minute. */
const RECONNECTING_SHARE = 0.01;
const UNANSWERED_MAX = 4000;
/** Flat out, events that sessions at full speed may lag behind the source on average. */
const LAG_MAX = 4000;
const LAG_REPORT_INTERVAL_MS = 20;

await runBench('province', async (run) => {
  const heldSeconds = (run.options.minutes ?? 1) * 60;
  const { broker, startSeconds, deliveriesPerEvent, fastPerEvent } = await startProvince(run);
  const group = await SubscriberGroup.openSluice(run, provinceTargets(broker.url));
  run.note(`${SESSIONS} sessions are connected`);
  const plan = { entries: entryIds(), zipf: ZIPF, codes: 50, prefix: 'p' };
  const source = await Source.overSocket(run, broker.url, plan);
  await group.watch(LAG_REPORT_INTERVAL_MS, ({ total }) => source.delivered(Math.floor(total / fastPerEvent)));
  const rate = RATE / deliveriesPerEvent;
  await source.publish({ rate, seconds: 5, unansweredMax: UNANSWERED_MAX });
  const held = await hold(run, { broker, group, source, rate, seconds: heldSeconds });
  const flatOut = await hold(run, { broker, group, source, rate: undefined, seconds: run.options.seconds / 4 });
  const minutes = Math.round((DOWNLOADS / flatOut.figures.perSecond / 60) * 10) / 10;
  return {
    ratio: { heldRate: round(held.figures.perSecond / RATE), flatOut: round(flatOut.figures.perSecond / RATE) },
    aim: '41,700 deliveries/s at p99 <= 250 ms, broker <= 600 MB, ready in <= 5 s; flat out 150 million in 10 minutes',
    figures: {
      startSeconds: round(startSeconds),
      deliveriesPerEvent: round(deliveriesPerEvent),
      held: held.figures,
      flatOut: flatOut.figures,
      minutes,
    },
    cpuSeconds: { held: held.cpuSeconds, flatOut: flatOut.cpuSeconds },
  };
});

interface Hold {
  broker: BrokerProcess;
  group: SubscriberGroup;
  source: Source;
  rate: number | undefined;
  seconds: number;
}

async function hold(run: BenchRun, { broker, group, source, rate, seconds }: Hold) {
  await group.reset();
  const meter = await CpuMeter.start({ ...broker.roles, subscribers: group.pid, source: source.pid });
  const ending = new AbortController();
  const reconnecting = reconnectSome(run, group, ending.signal);
  const peak = watchMemory(broker, ending.signal);
  const { published, acknowledged } = await source.publish({
    rate,
    seconds,
    unansweredMax: UNANSWERED_MAX,
    ...(rate === undefined && { undeliveredMax: LAG_MAX }),
  });
  await pause(LAG_REPORT_INTERVAL_MS);
  const { events, latency } = await group.report();
  const used = await meter.read();
  ending.abort();
  const figures = {
    published,
    acknowledged,
    deliveries: events,
    perSecond: Math.round(events / used.seconds),
    p50Ms: latency.p50Ms,
    p99Ms: latency.p99Ms,
    reconnects: await reconnecting,
    brokerMiB: await peak,
    seconds: used.seconds,
  };
  run.note(JSON.stringify(figures));
  return { figures, cpuSeconds: used.cpuSeconds };
}

async function reconnectSome(run: BenchRun, group: SubscriberGroup, signal: AbortSignal): Promise<number> {
  const everyMs = 60_000 / (SESSIONS * RECONNECTING_SHARE);
  for (let count = 0; ; count++) {
    await pause(everyMs);
    if (signal.aborted) return count;
    const failed = (error: unknown) => run.note(`reconnect: ${String(error)}`);
    await group.reconnect(Math.floor(Math.random() * SESSIONS)).catch(failed);
  }
}

/** The greatest resident size that was sampled. */
async function watchMemory(broker: BrokerProcess, signal: AbortSignal): Promise<number> {
  let peak = 0;
  while (!signal.aborted) {
    const usage = await usageOf(broker.roles.broker as number);
    peak = Math.max(peak, Math.round(usage?.residentMiB ?? 0));
    await pause(500);
  }
  return peak;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
