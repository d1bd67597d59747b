import { type BenchGrant, tokenOf } from './documents/bench-bundle.js';
import { type BenchRun, runBench } from './harness/bench-run.js';
import { CpuMeter, type CpuSeconds } from './harness/cpu-meter.js';
import { portOf, Source } from './harness/source.js';
import { startBus } from './harness/subscribed-bus.js';
import { SubscriberGroup } from './harness/subscriber-group.js';
import { pause } from './harness/wait-until.js';
import type { RawPublishReport } from './load/peer/raw-publisher.js';
import type { BrokerProcess } from './processes/broker-process.js';
import { LoadProcess } from './processes/load-process.js';
import { startNatsServer } from './processes/nats-process.js';

/** Measures events per second over all subscriptions that catch up, each from another position far behind. */
const SUBSCRIPTIONS = 1000;
const VIEWS = 20;
const ENTRY = 'bench.records';
const BEHIND_MIN = 50_000;
const BEHIND_MAX = 150_000;
const CREDIT = 50_000;
const POLL_MS = 500;

await runBench('catchup', async (run) => {
  const broker = await startBus(run, { subscribers: ['reader'], entries: [ENTRY], grants: viewGrants() });
  const stored = await fill(run, broker);
  const { figures, cpuSeconds } = await catchUp(run, broker, stored);
  await broker.end();
  const peer = await readOnce(run);
  return {
    ratio: Math.round((figures.perSecond / peer.perSecond) * 10) / 10,
    aim: 'at least 20 times one JetStream ordered consumer reading once',
    figures: { ...figures, orderedConsumerPerSecond: peer.perSecond },
    cpuSeconds: { sluice: cpuSeconds, 'ordered consumer': peer.cpuSeconds },
  };
});

/** Leaving out a different set of fillers, given as bits, makes each grant a view of its own. */
function viewGrants(): BenchGrant[] {
  return Array.from({ length: VIEWS }, (_, i) => ({ id: `g${i}`, system: 'reader', entry: ENTRY, without: i + 1 }));
}

/** Resolves with the number of events in the log. */
async function fill(run: BenchRun, broker: BrokerProcess): Promise<number> {
  const source = await Source.overSocket(run, broker.url, { entries: [ENTRY], zipf: 0, codes: 1, prefix: 'c' });
  let stored = 0;
  while (stored < BEHIND_MAX) {
    const { published } = await source.publish({ seconds: 2, unansweredMax: 4000 });
    stored += published;
    run.note(`${stored} events in the log`);
  }
  await source.end();
  return stored;
}

async function catchUp(run: BenchRun, broker: BrokerProcess, stored: number) {
  const step = (BEHIND_MAX - BEHIND_MIN) / SUBSCRIPTIONS;
  const behind = (i: number) => Math.floor(BEHIND_MAX - i * step);
  const targets = Array.from({ length: SUBSCRIPTIONS }, (_, i) => ({
    port: portOf(broker.url),
    token: tokenOf('reader'),
    encoding: 'sluice.v1.protobuf' as const,
    sampled: false,
    subscriptions: [{ grant: `g${i % VIEWS}`, cursor: `c${i}`, from: { after: stored - behind(i) }, credit: CREDIT }],
  }));
  const expected = targets.reduce((sum, _, i) => sum + behind(i), 0);
  const group = await SubscriberGroup.openSluice(run, []);
  const meter = await CpuMeter.start({ ...broker.roles, subscribers: group.pid });
  // Not awaited: events arrive while the last subscriptions are still being opened.
  const failed = new Promise<never>((_, reject) => group.add(targets).catch(reject));
  const giveUpAt = performance.now() + run.options.seconds * 1000;
  let events = 0;
  while (events < expected && performance.now() < giveUpAt) {
    await Promise.race([pause(POLL_MS), failed]);
    events = (await group.report()).events;
  }
  const { cpuSeconds, seconds } = await meter.read();
  await group.end();
  return {
    figures: { events, missing: expected - events, seconds, perSecond: Math.round(events / seconds) },
    cpuSeconds,
  };
}

async function readOnce(run: BenchRun): Promise<{ perSecond: number; cpuSeconds: CpuSeconds }> {
  const server = await startNatsServer(run, 'nats');
  const publisher = new LoadProcess(run, 'peer/raw-publisher');
  const { published } = await publisher.ask<RawPublishReport>('batches', { url: server.url, streams: 1, seconds: 4 });
  await publisher.end();
  const reader = new LoadProcess(run, 'peer/ordered-reader');
  const order = { url: server.url, stream: 'RAW_0', messages: published };
  const meter = await CpuMeter.start({ 'nats-server': server.pid, reader: reader.pid });
  const { seconds } = await reader.ask<{ seconds: number }>('readOnce', order);
  const { cpuSeconds } = await meter.read();
  await reader.end();
  return { perSecond: Math.round(published / seconds), cpuSeconds };
}
