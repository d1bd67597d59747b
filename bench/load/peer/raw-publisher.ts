import { randomUUID } from 'node:crypto';
import {
  AckPolicy,
  DiscardPolicy,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  StoreCompression,
} from '@nats-io/jetstream';
import { connect, headers, type NatsConnection, nanos } from '@nats-io/transport-node';
import { storedBytes } from '../../documents/bench-entry.js';
import { EventSupply } from '../event-supply.js';
import { serveAsWorker } from '../worker.js';

/** Load process: publishes stored bytes into streams of a nats-server as fast as one Node process can. */
const BATCH_MESSAGES = 1000;
/** Batches in flight per stream: one is filled while the other is written. */
const BATCHES_OPEN = 2;
const PLAIN_IN_FLIGHT = 128;
const SUBJECTS_PER_STREAM = 4;
/** Payloads are built in advance and used in turn. */
const PAYLOADS = 2000;

export interface RawPublishRun {
  url: string;
  streams: number;
  seconds: number;
  /**
   * Adds message ids, and reads everything back by a consumer per stream on a connection of its own, as the bus does.
   */
  asTheBus?: boolean;
}

export interface RawPublishReport {
  published: number;
  seconds: number;
}

serveAsWorker({ batches: (run: RawPublishRun) => batches(run), plain: (run: RawPublishRun) => plain(run) });

/** Atomic batches with our own code, since the client's own drops headers. */
async function batches({ url, streams, seconds, asTheBus = false }: RawPublishRun): Promise<RawPublishReport> {
  const nc = await connect({ servers: url });
  await makeStreams(nc, streams);
  const reader = asTheBus ? await readBack(url, streams) : undefined;
  const bytes = payloads();
  const report = await measured(nc, seconds, streams * BATCHES_OPEN, async (line) => {
    await publishBatch(nc, line % streams, bytes, asTheBus);
    return BATCH_MESSAGES;
  });
  await reader?.close();
  return report;
}

/** Push consumers with flow control and without acknowledgements. Messages are dropped. */
async function readBack(url: string, streams: number): Promise<NatsConnection> {
  const nc = await connect({ servers: url });
  const jsm = await jetstreamManager(nc);
  for (let i = 0; i < streams; i++) {
    const inbox = `read.${i}`;
    nc.subscribe(inbox, {
      callback: (_error, { reply, headers }) => {
        if (headers?.code === FLOW_CONTROL && reply) nc.publish(reply);
      },
    });
    await pushTo(jsm, `RAW_${i}`, inbox);
  }
  return nc;
}

const FLOW_CONTROL = 100;
const IDLE_HEARTBEAT_MS = 1_000;

const pushTo = (jsm: JetStreamManager, stream: string, inbox: string) =>
  jsm.consumers.add(stream, {
    deliver_subject: inbox,
    ack_policy: AckPolicy.None,
    flow_control: true,
    idle_heartbeat: nanos(IDLE_HEARTBEAT_MS),
    mem_storage: true,
  });

let idsGiven = 0;

async function publishBatch(nc: NatsConnection, stream: number, bytes: Uint8Array[], withIds: boolean): Promise<void> {
  const id = randomUUID();
  for (let i = 0; i < BATCH_MESSAGES; i++) {
    const hdrs = headers();
    if (withIds) hdrs.set('Nats-Msg-Id', `source/bench.records/raw-${idsGiven++}`);
    hdrs.set('Nats-Batch-Id', id);
    hdrs.set('Nats-Batch-Sequence', String(i + 1));
    const data = bytes[i] as Uint8Array;
    const subject = subjectOf(stream, i);
    if (i === BATCH_MESSAGES - 1) {
      hdrs.set('Nats-Batch-Commit', '1');
      const ack = await nc.request(subject, data, { headers: hdrs, timeout: 20_000 });
      if (ack.string().includes('"error"')) throw new Error(ack.string());
    } else if (i === 0) {
      const opened = await nc.request(subject, data, { headers: hdrs, timeout: 20_000 });
      if (opened.data.length > 0) throw new Error(opened.string());
    } else nc.publish(subject, data, { headers: hdrs });
  }
}

/** Publishes as the client library offers it: one promise per message. */
async function plain({ url, streams, seconds }: RawPublishRun): Promise<RawPublishReport> {
  const nc = await connect({ servers: url });
  await makeStreams(nc, streams);
  const js = jetstream(nc);
  const bytes = payloads();
  let next = 0;
  return measured(nc, seconds, PLAIN_IN_FLIGHT, async () => {
    const i = next++;
    await js.publish(subjectOf(i % streams, i), bytes[i % PAYLOADS] as Uint8Array);
    return 1;
  });
}

/** Runs several publishers side by side; each publishes again as soon as it was answered. */
async function measured(
  nc: NatsConnection,
  seconds: number,
  lines: number,
  publish: (line: number) => Promise<number>,
): Promise<RawPublishReport> {
  const startedAt = performance.now();
  const endAt = startedAt + seconds * 1000;
  let published = 0;
  const run = async (_: unknown, line: number) => {
    while (performance.now() < endAt) {
      const count = await publish(line);
      published += count;
    }
  };
  await Promise.all(Array.from({ length: lines }, run));
  const elapsed = (performance.now() - startedAt) / 1000;
  await nc.close();
  return { published, seconds: elapsed };
}

/** Streams with the settings of the bus. */
async function makeStreams(nc: NatsConnection, streams: number): Promise<void> {
  const jsm = await jetstreamManager(nc);
  for (let i = 0; i < streams; i++) {
    await jsm.streams.add({
      name: `RAW_${i}`,
      subjects: [`raw.${i}.>`],
      compression: StoreCompression.S2,
      discard: DiscardPolicy.New,
      allow_atomic: true,
      allow_direct: true,
    });
  }
}

const subjectOf = (stream: number, i: number): string => `raw.${stream}.s${i % SUBJECTS_PER_STREAM}`;

function payloads(): Uint8Array[] {
  const supply = new EventSupply({ entries: ['bench.records'], zipf: 0, codes: 50, prefix: 'raw' });
  return Array.from({ length: PAYLOADS }, () => storedBytes(supply.next()));
}
