import { benchBundle } from './documents/bench-bundle.js';
import { benchEntry } from './documents/bench-entry.js';
import { type BenchRun, runBench } from './harness/bench-run.js';
import { CpuMeter, type CpuSeconds, cpuSum } from './harness/cpu-meter.js';
import { operate } from './harness/operator.js';
import { Source } from './harness/source.js';
import type { EventPlan } from './load/event-supply.js';
import type { RawPublishReport, RawPublishRun } from './load/peer/raw-publisher.js';
import { type BrokerProcess, startBroker } from './processes/broker-process.js';
import { LoadProcess } from './processes/load-process.js';
import { startNatsServer } from './processes/nats-process.js';

/** Measures validated, strictly durable, acknowledged events per second against raw publishes of the same bytes. */
const ENTRIES = Array.from({ length: 16 }, (_, i) => `bench.records${i}`);
/** Unanswered events that a session may have; more would only wait in the socket. */
const UNANSWERED_MAX = 8000;
/** One stream per partition of the bus. */
const STREAMS = 4;
const READ_BACK = 'raw batches, 4 streams, with ids and read back';
/** Share of a phase's time. A new process runs its code slowly for some hundred thousand events, on either side. */
const WARM_UP_SHARE = 0.5;

interface Phase {
  perSecond: number;
  /** CPU time of all processes of the phase, per event. */
  cpuMicros: number;
  cpuSeconds: CpuSeconds;
  p50Ms?: number;
  p99Ms?: number;
}

const plan = (prefix: string): EventPlan => ({ entries: ENTRIES, zipf: 0, codes: 50, prefix });

await runBench('intake', async (run) => {
  const seconds = Math.max(4, run.options.seconds / 6);
  const phases: Record<string, Phase> = {};
  const broker = await startBroker(run);
  await operate(broker.url, 'POST', '/v1/bundles', benchBundle([], ENTRIES.map(benchEntry), []));
  phases.lines = await toBroker(await Source.overLines(run, broker.url, plan('l')), broker, seconds);
  phases.socket = await toBroker(await Source.overSocket(run, broker.url, plan('s')), broker, seconds);
  await broker.end();
  phases['raw batches, 1 stream'] = await raw(run, 'batches', { streams: 1, seconds });
  phases['raw batches, 4 streams'] = await raw(run, 'batches', { streams: STREAMS, seconds });
  phases[READ_BACK] = await raw(run, 'batches', {
    streams: STREAMS,
    seconds,
    asTheBus: true,
  });
  phases['plain js.publish'] = await raw(run, 'plain', { streams: STREAMS, seconds });
  return result(phases);
});

async function toBroker(source: Source, broker: BrokerProcess, seconds: number): Promise<Phase> {
  await source.publish({ seconds: seconds * WARM_UP_SHARE, unansweredMax: UNANSWERED_MAX });
  const meter = await CpuMeter.start({ ...broker.roles, source: source.pid });
  const report = await source.publish({ seconds: seconds * (1 - WARM_UP_SHARE), unansweredMax: UNANSWERED_MAX });
  const { published, acknowledged, seconds: elapsed, latency } = report;
  const { cpuSeconds } = await meter.read();
  await source.end();
  const { p50Ms, p99Ms } = latency;
  return { ...phaseOf(published, acknowledged / elapsed, cpuSeconds), p50Ms, p99Ms };
}

/** Each run has a new server, so that none appends to the files of another. */
async function raw(run: BenchRun, act: 'batches' | 'plain', order: Omit<RawPublishRun, 'url'>): Promise<Phase> {
  const server = await startNatsServer(run, `nats-${act}-${order.streams}${order.asTheBus ? '-as-the-bus' : ''}`);
  const publisher = new LoadProcess(run, 'peer/raw-publisher');
  const publish = (share: number) =>
    publisher.ask<RawPublishReport>(act, { ...order, url: server.url, seconds: order.seconds * share });
  await publish(WARM_UP_SHARE);
  const meter = await CpuMeter.start({ 'nats-server': server.pid, publisher: publisher.pid });
  const report = await publish(1 - WARM_UP_SHARE);
  const { cpuSeconds } = await meter.read();
  await publisher.end();
  await server.end();
  return phaseOf(report.published, report.published / report.seconds, cpuSeconds);
}

function phaseOf(events: number, perSecond: number, cpuSeconds: CpuSeconds): Phase {
  const cpuMicros = Math.round((cpuSum(cpuSeconds, Object.keys(cpuSeconds)) / events) * 1e7) / 10;
  return { perSecond: Math.round(perSecond), cpuMicros, cpuSeconds };
}

function result(phases: Record<string, Phase>) {
  const rate = (name: string) => phases[name]?.perSecond ?? 0;
  const fastest = Math.max(rate('raw batches, 1 stream'), rate('raw batches, 4 streams'));
  const share = (value: number, of: number) => Math.round((value / of) * 100) / 100;
  const cpuSeconds: Record<string, CpuSeconds> = {};
  const figures: Record<string, unknown> = {};
  for (const [name, { cpuSeconds: used, ...figure }] of Object.entries(phases)) {
    cpuSeconds[name] = used;
    figures[name] = figure;
  }
  return {
    ratio: {
      lines: share(rate('lines'), fastest),
      socket: share(rate('socket'), fastest),
      linesToReadBack: share(rate('lines'), rate(READ_BACK)),
      socketToReadBack: share(rate('socket'), rate(READ_BACK)),
      linesToPlain: share(rate('lines'), rate('plain js.publish')),
      socketToPlain: share(rate('socket'), rate('plain js.publish')),
    },
    aim: 'at least 0.75 of the raw batches with ids and read back, which is what the bus does with the store',
    figures,
    cpuSeconds,
  };
}
