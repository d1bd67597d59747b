import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreUsage } from '../proto/http/store-usage.js';
import { provinceGrants, provinceSystems } from './documents/province.js';
import { type BenchRun, runBench } from './harness/bench-run.js';
import { operate } from './harness/operator.js';
import { targetOf } from './harness/province-bus.js';
import { Source } from './harness/source.js';
import { type BusPlan, fillBus } from './harness/subscribed-bus.js';
import { SubscriberGroup } from './harness/subscriber-group.js';
import { pause } from './harness/wait-until.js';
import { type BrokerProcess, startBroker } from './processes/broker-process.js';
import { usageOf } from './processes/process-usage.js';

/** Measures what one more entry, grant, event and session takes on the disk and in memory. */
const ENTRIES_PER_SECOND_OF_BENCH = 300;
const ENTRIES_MAX = 40_000;
const EVENTS_SHARE = 0.25;
const SESSIONS = 2000;
const IN_FLIGHT = 50;
const UNANSWERED_MAX = 4000;
/** Garbage of a start is collected by then. */
const SETTLE_MS = 5_000;
const EVENT_STREAM = /^EV_\d+$/;

interface Footprint {
  /** Bytes of the streams of events, and of all others, before compression. */
  events: number;
  others: number;
  /** Bytes of the files of nats-server. */
  disk: number;
  brokerKiB: number;
  natsKiB: number;
  startSeconds: number;
}

/** Five starts on what was stored, and declarations that wait for the disk. */
const SPARE_SECONDS = 400;

const footprint = async (run: BenchRun) => {
  const count = Math.min(ENTRIES_MAX, Math.round(run.options.seconds * ENTRIES_PER_SECOND_OF_BENCH));
  const ids = Array.from({ length: count }, (_, i) => `bench.e${i}`);
  const { grants } = provinceGrants(ids, 1);
  const subscribers = provinceSystems();
  const fill = (plan: Partial<BusPlan>) => (broker: BrokerProcess) =>
    fillBus(broker.url, { subscribers: [], entries: [], grants: [], ...plan });

  const empty = await afterRestart(run, fill({ subscribers }));
  const withEntries = await afterRestart(run, fill({ entries: ids }));
  const withGrants = await afterRestart(run, fill({ grants }));
  let events = 0;
  const withEvents = await afterRestart(run, async ({ url }) => {
    const source = await Source.overSocket(run, url, { entries: ids, zipf: 1, codes: 50, prefix: 'f' });
    const seconds = run.options.seconds * EVENTS_SHARE;
    events = (await source.publish({ seconds, unansweredMax: UNANSWERED_MAX })).published;
    await source.end();
  });

  const broker = await startBroker(run);
  await pause(SETTLE_MS);
  const before = await footprintOf(run, broker);
  const group = SubscriberGroup.empty(run);
  const targets = grants.slice(0, SESSIONS).map((grant) => targetOf(broker.url, grant));
  await group.openTimed(targets, IN_FLIGHT);
  await pause(SETTLE_MS);
  const withSessions = await footprintOf(run, broker);
  await group.end();
  await broker.end();

  return {
    ratio: null,
    aim: 'no aim: the figures behind the capacity table of docs/operations.md',
    figures: {
      entries: count,
      grants: grants.length,
      events,
      sessions: SESSIONS,
      empty,
      full: withSessions,
      entry: each(empty, withEntries, count),
      grant: each(withEntries, withGrants, grants.length),
      event: each(withGrants, withEvents, events),
      session: each(before, withSessions, SESSIONS),
    },
    cpuSeconds: {},
  };
};

/** Has a broker take more, ends it, and measures another one on what is stored then. */
async function afterRestart(run: BenchRun, act: (broker: BrokerProcess) => Promise<void>): Promise<Footprint> {
  const filled = await startBroker(run);
  await act(filled);
  await filled.end();
  const broker = await startBroker(run);
  await pause(SETTLE_MS);
  const footprint = await footprintOf(run, broker);
  await broker.end();
  run.note(JSON.stringify(footprint));
  return footprint;
}

async function footprintOf(run: BenchRun, { url, roles, startSeconds }: BrokerProcess): Promise<Footprint> {
  const { streams } = (await operate(url, 'GET', '/v1/store')) as StoreUsage;
  const used = (isEvents: boolean): number =>
    streams.filter(({ name }) => EVENT_STREAM.test(name) === isEvents).reduce((sum, one) => sum + one.used, 0);
  const residentKiB = async (role: string): Promise<number> =>
    Math.round(((await usageOf(roles[role] as number))?.residentMiB ?? Number.NaN) * 1024);
  return {
    events: used(true),
    others: used(false),
    disk: await bytesIn(join(run.folder, 'broker', 'nats')),
    brokerKiB: await residentKiB('broker'),
    natsKiB: await residentKiB('nats-server'),
    startSeconds,
  };
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Bytes and memory that one more of them takes. */
function each(before: Footprint, after: Footprint, count: number): Record<string, number> {
  const share = (name: keyof Footprint): number => Math.round(((after[name] - before[name]) / count) * 100) / 100;
  return {
    eventBytes: share('events'),
    otherBytes: share('others'),
    diskBytes: share('disk'),
    brokerKiB: share('brokerKiB'),
    natsKiB: share('natsKiB'),
  };
}

await runBench('footprint', footprint, { spareSeconds: SPARE_SECONDS });
