import { tokenOf } from './documents/bench-bundle.js';
import { type BenchRun, runBench } from './harness/bench-run.js';
import { CpuMeter } from './harness/cpu-meter.js';
import { Histogram } from './harness/histogram.js';
import { operate } from './harness/operator.js';
import { portOf, Source } from './harness/source.js';
import { startBus } from './harness/subscribed-bus.js';
import { SubscriberGroup } from './harness/subscriber-group.js';
import { pause } from './harness/wait-until.js';
import type { Following, SluiceTarget } from './load/sluice-subscriber.js';

/**
 * Measures the time from the acknowledged `suspend` to the last byte of events on any session, with many sessions under
 * load.
 */
const SESSIONS = 2000;
const GRANTS = 100;
const ENTRIES = ['bench.records0', 'bench.records1', 'bench.records2', 'bench.records3'];
/** Each event is delivered to a quarter of the sessions. */
const EVENTS_PER_SECOND = 100;
/** Sessions that do not read at all: one per grant. */
const STALLED_PER_GRANT = 1;
const UNANSWERED_MAX = 4000;
const LAST_BYTES_WAIT_MS = 1500;

await runBench('revocation', async (run) => {
  const numbers = Array.from({ length: GRANTS }, (_, i) => i);
  const grants = numbers.map((i) => ({ id: `g${i}`, system: `reader${i}`, entry: entryOf(i), without: i }));
  const broker = await startBus(run, { subscribers: numbers.map((i) => `reader${i}`), entries: ENTRIES, grants });
  const group = await SubscriberGroup.openSluice(run, targetsOf(broker.url));
  await group.stall(Array.from({ length: GRANTS * STALLED_PER_GRANT }, (_, i) => i));
  const source = await Source.overSocket(run, broker.url, { entries: ENTRIES, zipf: 0, codes: 1, prefix: 'r' });
  const seconds = Math.max(10, run.options.seconds / 2);
  const meter = await CpuMeter.start({ ...broker.roles, subscribers: group.pid, source: source.pid });
  const load = source.publish({ rate: EVENTS_PER_SECOND, seconds, unansweredMax: UNANSWERED_MAX });
  await pause(2000);
  const suspended = await suspendAll(run, broker.url, (seconds * 1000 - 4000) / GRANTS);
  await pause(LAST_BYTES_WAIT_MS);
  const following = await group.following();
  const { events, latency } = await group.report();
  const { cpuSeconds } = await meter.read();
  await load;
  const { last, ended, unended } = afterSuspend(following, suspended);
  return {
    ratio: Math.round(last.percentiles().p99Ms) / 100,
    aim: 'p99 from the acknowledged suspend to the last write at most 100 ms (ratio at most 1)',
    figures: {
      lastEvents: last.percentiles(),
      endedFrame: ended.percentiles(),
      suspendCall: suspendCalls(suspended),
      sessions: SESSIONS,
      readingSessionsWithoutEnded: unended,
      deliveries: events,
      deliveryP99Ms: latency.p99Ms,
    },
    cpuSeconds: { underLoad: cpuSeconds },
  };
});

function entryOf(grant: number): string {
  return ENTRIES[grant % ENTRIES.length] as string;
}

function targetsOf(url: string): SluiceTarget[] {
  return Array.from({ length: SESSIONS }, (_, i) => ({
    port: portOf(url),
    token: tokenOf(`reader${i % GRANTS}`),
    encoding: 'sluice.v1.protobuf',
    sampled: i % 20 === 5,
    subscriptions: [{ grant: `g${i % GRANTS}`, cursor: `c${i}`, credit: 20_000 }],
  }));
}

interface Suspended {
  askedAtMs: number;
  answeredAtMs: number;
}

/** Suspends one grant after the other, identified by its number. */
async function suspendAll(run: BenchRun, url: string, everyMs: number): Promise<Suspended[]> {
  const suspended: Suspended[] = [];
  for (let i = 0; i < GRANTS; i++) {
    const askedAtMs = Date.now();
    await operate(url, 'POST', `/v1/grants/g${i}/suspend`, { reason: 'a bench' });
    suspended.push({ askedAtMs, answeredAtMs: Date.now() });
    await pause(everyMs - (Date.now() - askedAtMs));
  }
  run.note(`${GRANTS} grants suspended`);
  return suspended;
}

/** Events that arrived before the answer count as no delay. Stalled sessions read nothing and are left out. */
function afterSuspend(following: Following[], suspended: Suspended[]) {
  const last = new Histogram();
  const ended = new Histogram();
  let unended = 0;
  for (const { grant, lastEventsAtMs, endedAtMs, isStalled } of following) {
    if (isStalled) continue;
    const { answeredAtMs } = suspended[Number(grant.slice(1))] as Suspended;
    last.record(Math.max(0, lastEventsAtMs - answeredAtMs) * 1000);
    if (endedAtMs === undefined) unended++;
    else ended.record(Math.max(0, endedAtMs - answeredAtMs) * 1000);
  }
  return { last, ended, unended };
}

function suspendCalls(suspended: Suspended[]) {
  const calls = new Histogram();
  for (const { askedAtMs, answeredAtMs } of suspended) calls.record((answeredAtMs - askedAtMs) * 1000);
  return calls.percentiles();
}
