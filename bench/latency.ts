import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { tokenOf } from './documents/bench-bundle.js';
import { type BenchRun, runBench } from './harness/bench-run.js';
import { CpuMeter, type CpuSeconds, type Roles } from './harness/cpu-meter.js';
import { portOf, Source } from './harness/source.js';
import { startBus } from './harness/subscribed-bus.js';
import { SubscriberGroup } from './harness/subscriber-group.js';
import { pause } from './harness/wait-until.js';
import type { EventPlan } from './load/event-supply.js';
import { type NatsProcess, startNatsServer } from './processes/nats-process.js';

/**
 * Measures the time from publish to receipt, stored strictly in between, against JetStream consumers of the same bytes.
 */
const SUBSCRIBERS = 100;
const RATE = 2000;
const ENTRY = 'bench.records';
const UNANSWERED_MAX = 20_000;
/** A new process runs its code slowly; in two seconds V8 has not compiled what comes once a second, such as acknowledgements. */
const WARM_UP_SECONDS = 10;

interface Phase {
  p50Ms: number;
  p99Ms: number;
  received: number;
  missing: number;
  cpuSeconds: CpuSeconds;
}

const plan: EventPlan = { entries: [ENTRY], zipf: 0, codes: 1, prefix: 'l' };

await runBench('latency', async (run) => {
  const seconds = Math.max(3, run.options.seconds / 5);
  const sluice = await ofSluice(run, seconds);
  const many = await ofConsumers(run, SUBSCRIBERS, seconds);
  const alone = await ofConsumers(run, 1, seconds);
  const phases = { sluice, 'a consumer each': many, 'one consumer alone': alone };
  const share = (value: number, of: number) => Math.round((value / of) * 100) / 100;
  return {
    ratio: { p99ToConsumerEach: share(sluice.p99Ms, many.p99Ms), p50ToOneAlone: share(sluice.p50Ms, alone.p50Ms) },
    aim: 'p99 at most a tenth of that of a consumer each (0.1), p50 at most 5 times that of one consumer alone',
    figures: Object.fromEntries(Object.entries(phases).map(([name, { cpuSeconds: _, ...figures }]) => [name, figures])),
    cpuSeconds: Object.fromEntries(Object.entries(phases).map(([name, { cpuSeconds }]) => [name, cpuSeconds])),
  };
});

async function ofSluice(run: BenchRun, seconds: number): Promise<Phase> {
  const grants = [{ id: 'g', system: 'reader', entry: ENTRY, without: 0 }];
  const broker = await startBus(run, { subscribers: ['reader'], entries: [ENTRY], grants });
  const targets = Array.from({ length: SUBSCRIBERS }, (_, i) => ({
    port: portOf(broker.url),
    token: tokenOf('reader'),
    encoding: 'sluice.v1.protobuf' as const,
    sampled: true,
    subscriptions: [{ grant: 'g', cursor: `c${i}`, credit: 20_000 }],
  }));
  const subscribers = await SubscriberGroup.openSluice(run, targets);
  const source = await Source.overSocket(run, broker.url, plan);
  const phase = await measure({ seconds, source, subscribers, servers: broker.roles, connections: SUBSCRIBERS });
  await broker.end();
  return phase;
}

async function ofConsumers(run: BenchRun, consumers: number, seconds: number): Promise<Phase> {
  const server = await startNatsServer(run, `nats-${consumers}`);
  await makeConsumers(server, consumers);
  const targets = Array.from({ length: consumers }, (_, i) => ({
    port: server.webSocketPort,
    subject: `deliver.${i}`,
    sampled: true,
  }));
  const subscribers = await SubscriberGroup.openNats(run, targets);
  const source = await Source.toNats(run, { url: server.url, subject: 'latency.records', stored: true }, plan);
  const servers = { 'nats-server': server.pid };
  const phase = await measure({ seconds, source, subscribers, servers, connections: consumers });
  await server.end();
  return phase;
}

/** Push consumers without acknowledgements: the cheapest form that a consumer has. */
async function makeConsumers(server: NatsProcess, count: number): Promise<void> {
  const nc = await connect({ servers: server.url });
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({ name: 'LATENCY', subjects: ['latency.>'], max_consumers: -1 });
  for (let i = 0; i < count; i++) {
    await jsm.consumers.add('LATENCY', { deliver_subject: `deliver.${i}`, ack_policy: 'none', durable_name: `c${i}` });
  }
  await nc.close();
}

interface Setup {
  seconds: number;
  source: Source;
  subscribers: SubscriberGroup;
  servers: Roles;
  connections: number;
}

async function measure({ seconds, source, subscribers, servers, connections }: Setup): Promise<Phase> {
  await source.publish({ rate: RATE, seconds: WARM_UP_SECONDS, unansweredMax: UNANSWERED_MAX });
  await pause(500);
  await subscribers.reset();
  const meter = await CpuMeter.start({ ...servers, subscribers: subscribers.pid, source: source.pid });
  const { published } = await source.publish({ rate: RATE, seconds, unansweredMax: UNANSWERED_MAX });
  await pause(500);
  const { events, latency } = await subscribers.report();
  const { cpuSeconds } = await meter.read();
  await Promise.all([source.end(), subscribers.end()]);
  const { p50Ms, p99Ms } = latency;
  return { p50Ms, p99Ms, received: events, missing: published * connections - events, cpuSeconds };
}
