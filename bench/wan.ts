import { Publisher } from '../client/publish/publisher.js';
import type { Subprotocol } from '../proto/frames/frames.js';
import { benchBundle, benchGrant, SOURCE_SYSTEM, tokenOf } from './documents/bench-bundle.js';
import { licenceEntry, licenceEvent, licenceItems, readLicences } from './documents/licence-records.js';
import { type BenchRun, runBench } from './harness/bench-run.js';
import { CpuMeter, type CpuSeconds } from './harness/cpu-meter.js';
import { Histogram, type Percentiles } from './harness/histogram.js';
import { operate } from './harness/operator.js';
import { pause, waitUntil } from './harness/wait-until.js';
import { type Order, RemoteReader } from './load/remote/remote-reader.js';
import { SlowLink } from './load/remote/slow-link.js';
import { type BrokerProcess, startBroker } from './processes/broker-process.js';

/**
 * Measures what departments behind slow lines receive of real licence records, with and without compression: the whole log at once, and
 * single events as they come.
 */
const ENTRY = 'bench.licences';
/** A round trip of 200 ms. */
const LINE = { delayMs: 100, bitsPerSecond: 2_000_000 };
const DEPARTMENTS = Array.from({ length: 10 }, (_none, index) => `department-${index}`);
const ENCODINGS: Subprotocol[] = ['sluice.v1.json', 'sluice.v1.protobuf'];
/** Without compression the line takes some 400 of them a second. */
const RECORDS_PER_SECOND_OF_RUN = 100;
const LIVE_SHARE = 0.1;
const LIVE_EVENTS_PER_SECOND = 100;
const PHASE_MS_MAX = 120_000;

interface Phase {
  seconds: number;
  kilobytesPerDepartment: number;
  brokerCpuMicrosPerDelivery: number | null;
  age?: Percentiles;
}

function grantOf(system: string): string {
  return `g-${system}`;
}

interface Bench {
  broker: BrokerProcess;
  publisher: Publisher;
  records: Record<string, string>[];
  stored: number;
}

await runBench('wan', async (run) => {
  const lines = readLicences();
  if (!lines)
    return { ratio: null, aim: 'fewer bytes', figures: { skipped: 'the licence records are missing' }, cpuSeconds: {} };
  const bench = await start(run, lines);
  const cpuSeconds: Record<string, CpuSeconds> = {};
  const figures: Record<string, unknown> = { departments: DEPARTMENTS.length, ...LINE };
  const ratio: Record<string, number> = {};
  const catchUp = Math.min(bench.records.length, Math.ceil(run.options.seconds * RECORDS_PER_SECOND_OF_RUN));
  await publish(bench, catchUp);
  for (const encoding of ENCODINGS) {
    for (const [kind, events] of Object.entries({ log: catchUp, live: Math.ceil(catchUp * LIVE_SHARE) })) {
      const phases = [];
      for (const compression of [false, true]) {
        const name = `${kind}, ${encoding}, ${compression ? 'compressed' : 'plain'}`;
        const { phase, used } = await receive(run, bench, { encoding, compression, events, isLive: kind === 'live' });
        run.note(`${name}: ${JSON.stringify(phase)}`);
        figures[name] = phase;
        cpuSeconds[name] = used;
        phases.push(phase);
      }
      const [plain, compressed] = phases;
      ratio[`${kind}, ${encoding}`] = rounded(compressed!.kilobytesPerDepartment / plain!.kilobytesPerDepartment);
    }
  }
  return { ratio, aim: 'compressed bytes to plain ones', figures, cpuSeconds };
});

async function start(run: BenchRun, records: Record<string, string>[]): Promise<Bench> {
  const broker = await startBroker(run);
  const columns = Object.keys(records[0]!);
  const grants = DEPARTMENTS.map((system) => ({
    ...benchGrant({ id: grantOf(system), system, entry: ENTRY, without: 0 }),
    items: licenceItems(columns),
  }));
  await operate(broker.url, 'POST', '/v1/bundles', benchBundle(DEPARTMENTS, [licenceEntry(ENTRY, columns)], grants));
  const publisher = new Publisher({ url: broker.url, token: tokenOf(SOURCE_SYSTEM) });
  run.defer(() => publisher.close());
  return { broker, publisher, records, stored: 0 };
}

/** Every department reads the log from its start, or what is published meanwhile. */
async function receive(run: BenchRun, bench: Bench, order: Order) {
  const { broker } = bench;
  const links = await Promise.all(DEPARTMENTS.map(() => SlowLink.open(broker.url, LINE)));
  const stop = new AbortController();
  const release = () => {
    stop.abort();
    for (const link of links) link.close();
  };
  run.defer(release);
  const age = new Histogram();
  const meter = await CpuMeter.start(broker.roles);
  const readers = DEPARTMENTS.map(
    (system, index) => new RemoteReader(links[index]!.url, { system, grant: grantOf(system) }, order, stop.signal, age),
  );
  if (order.isLive) {
    await waitUntil('subscriptions', PHASE_MS_MAX, () => readers.every(({ isCaughtUp }) => isCaughtUp));
    await publish(bench, order.events, LIVE_EVENTS_PER_SECOND);
  }
  await waitUntil('the last event', PHASE_MS_MAX, () => readers.every(({ events }) => events >= order.events));
  const { cpuSeconds: used, seconds } = await meter.read();
  release();
  await Promise.all(readers.map(({ ended }) => ended));
  const bytes = links.reduce((sum, { bytesDown }) => sum + bytesDown, 0);
  const deliveries = order.events * DEPARTMENTS.length;
  const phase: Phase = {
    seconds,
    kilobytesPerDepartment: rounded(bytes / DEPARTMENTS.length / 1000),
    brokerCpuMicrosPerDelivery: typeof used.broker === 'number' ? rounded((used.broker / deliveries) * 1e6) : null,
    ...(order.isLive && { age: age.percentiles() }),
  };
  return { phase, used };
}

async function publish(bench: Bench, count: number, perSecond?: number): Promise<void> {
  const startedAt = performance.now();
  for (let i = 0; i < count; i++) {
    if (perSecond !== undefined) await pause(startedAt + (i * 1000) / perSecond - performance.now());
    const number = bench.stored++;
    const record = bench.records[number % bench.records.length]!;
    void bench.publisher.publish(licenceEvent(ENTRY, `licence-${number}`, record));
    if (i % 1_000 === 999) await bench.publisher.flush();
  }
  await bench.publisher.flush();
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
