import { setTimeout as delay } from 'node:timers/promises';
import type { BrokerProcess } from '../processes/broker-process.js';
import { usageOf } from '../processes/process-usage.js';
import type { BenchRun } from './bench-run.js';
import { CpuMeter, type Roles } from './cpu-meter.js';
import type { Source } from './source.js';
import type { SubscriberGroup } from './subscriber-group.js';
import { pause } from './wait-until.js';

/** Share of all sessions that reconnect per minute. */
const RECONNECTING_SHARE = 0.01;
const UNANSWERED_MAX = 4000;
/** Flat out, events that sessions at full speed may lag behind the source on average. */
const LAG_MAX = 4000;
const LAG_REPORT_INTERVAL_MS = 20;
const WARM_UP_SECONDS = 5;
const SAMPLE_INTERVAL_MS = 500;

/** A bus with its sessions and its source. */
export interface LoadedBus {
  broker: BrokerProcess;
  group: SubscriberGroup;
  source: Source;
  sessions: number;
  /** Deliveries of an event, on average, to systems that read at full speed. */
  fastPerEvent: number;
}

export interface HeldPhase {
  /** Events per second; undefined for flat out. */
  rate: number | undefined;
  seconds: number;
}

/** Lets the source know how far the sessions are, and publishes until all processes are warm. */
export async function warmUp({ group, source, fastPerEvent }: LoadedBus, rate: number): Promise<void> {
  await group.watch(LAG_REPORT_INTERVAL_MS, ({ total }) => source.delivered(Math.floor(total / fastPerEvent)));
  await source.publish({ rate, seconds: WARM_UP_SECONDS, unansweredMax: UNANSWERED_MAX });
}

/** Publishes for a while, while some sessions reconnect; measures deliveries and their age, and the greatest memory of each process. */
export async function hold(run: BenchRun, bus: LoadedBus, { rate, seconds }: HeldPhase) {
  const { broker, group, source } = bus;
  await group.reset();
  const meter = await CpuMeter.start({ ...broker.roles, subscribers: group.pid, source: source.pid });
  const ending = new AbortController();
  const reconnecting = reconnectSome(run, bus, ending.signal);
  const peak = watchMemory(broker.roles, ending.signal);
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
  const { broker: brokerMiB, 'nats-server': natsServerMiB } = await peak;
  const figures = {
    published,
    acknowledged,
    deliveries: events,
    perSecond: Math.round(events / used.seconds),
    p50Ms: latency.p50Ms,
    p99Ms: latency.p99Ms,
    reconnects: await reconnecting,
    brokerMiB,
    natsServerMiB,
    seconds: used.seconds,
  };
  run.note(JSON.stringify(figures));
  return { figures, cpuSeconds: used.cpuSeconds };
}

async function reconnectSome(run: BenchRun, { group, sessions }: LoadedBus, signal: AbortSignal): Promise<number> {
  const everyMs = 60_000 / (sessions * RECONNECTING_SHARE);
  for (let count = 0; ; count++) {
    await delay(everyMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return count;
    const failed = (error: unknown) => run.note(`reconnect: ${String(error)}`);
    await group.reconnect(Math.floor(Math.random() * sessions)).catch(failed);
  }
}

/** The greatest resident size of each process that was sampled, in MiB. */
async function watchMemory(roles: Roles, signal: AbortSignal): Promise<Record<string, number>> {
  const peak: Record<string, number> = {};
  while (!signal.aborted) {
    for (const [role, pid] of Object.entries(roles)) {
      const usage = await usageOf(pid);
      peak[role] = Math.max(peak[role] ?? 0, Math.round(usage?.residentMiB ?? 0));
    }
    await pause(SAMPLE_INTERVAL_MS);
  }
  return peak;
}
