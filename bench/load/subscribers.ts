import { Histogram, type HistogramData } from '../harness/histogram.js';
import { NatsSubscriber, type NatsTarget } from './peer/nats-subscriber.js';
import { type Following, SluiceSubscriber, type SluiceTarget } from './sluice-subscriber.js';
import { Tally, type TallyReport } from './tally.js';
import { report, serveAsWorker } from './worker.js';

/** Load process: many subscribers of one kind on as many connections. */
const tally = new Tally();
const sluice: SluiceSubscriber[] = [];
const nats: NatsSubscriber[] = [];

/** Connections that are being opened at the same time. */
const OPENING_MAX = 32;
/** Cursors advance at least this often, as those of a subscriber that stores what it received. */
const ACK_INTERVAL_MS = 1000;

export interface SubscribersReport extends TallyReport {
  connections: number;
  closed: number;
}

/** Events received by subscribers that read at full speed: by the one furthest behind, and by all together. */
export interface Progress {
  least: number;
  total: number;
}

/** Sessions opened, and how long each took from its connection to the answer to its subscription. */
export interface OpenedReport {
  seconds: number;
  times: HistogramData;
}

serveAsWorker({
  openSluice: (targets: SluiceTarget[]) => openAll(targets, sluice, (target) => new SluiceSubscriber(target, tally)),
  openNats: (targets: NatsTarget[]) => openAll(targets, nats, (target) => new NatsSubscriber(target, tally)),
  /** Opens sessions, so many at a time, and times each. */
  openTimed: ({ targets, inFlight }: { targets: SluiceTarget[]; inFlight: number }) => {
    const added = targets.map((target) => new SluiceSubscriber(target, tally));
    sluice.push(...added);
    return timed(added, inFlight, (one) => one.open());
  },
  /** Breaks all sessions off at once and opens them again, so many at a time. */
  storm: ({ inFlight }: { inFlight: number }) => {
    for (const one of sluice) one.close();
    return timed(sluice, inFlight, (one) => one.reopen());
  },
  reset: () => tally.reset(),
  report: (): SubscribersReport => ({
    ...tally.report(),
    connections: sluice.length + nats.length,
    closed: [...sluice, ...nats].filter(({ isClosed }) => isClosed).length,
  }),
  following: (): Following[] => sluice.flatMap(({ following }) => following),
  /** Reports `progress` at this interval. */
  reportProgress: ({ everyMs }: { everyMs: number }) => void setInterval(() => report('progress', progress()), everyMs),
  /** Breaks a connection off and opens it again from its cursors. */
  reconnect: ({ index }: { index: number }) => sluice[index]?.reopen(),
  stall: ({ indexes }: { indexes: number[] }) => {
    for (const index of indexes) sluice[index]?.stall();
  },
});

setInterval(() => {
  for (const one of sluice) one.acknowledge();
}, ACK_INTERVAL_MS).unref();

function progress(): Progress {
  const readers = [...nats, ...sluice.filter(({ isSlow }) => !isSlow)];
  let least = Number.MAX_SAFE_INTEGER;
  let total = 0;
  for (const { events } of readers) {
    least = Math.min(least, events);
    total += events;
  }
  return { least, total };
}

async function timed(
  all: readonly SluiceSubscriber[],
  inFlight: number,
  open: (one: SluiceSubscriber) => Promise<void>,
): Promise<OpenedReport> {
  const times = new Histogram();
  const waiting = [...all];
  const startedAtMs = performance.now();
  const next = async () => {
    for (let one = waiting.pop(); one; one = waiting.pop()) {
      const beganAtMs = performance.now();
      await open(one);
      times.record((performance.now() - beganAtMs) * 1000);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, next));
  return { seconds: (performance.now() - startedAtMs) / 1000, times: times.toJSON() };
}

async function openAll<Target, Subscriber extends { open(): Promise<void> }>(
  targets: Target[],
  all: Subscriber[],
  make: (target: Target) => Subscriber,
): Promise<void> {
  const waiting = targets.map(make);
  all.push(...waiting);
  const open = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await next.open();
  };
  await Promise.all(Array.from({ length: OPENING_MAX }, open));
}
