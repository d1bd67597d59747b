import { Histogram, type HistogramData } from '../harness/histogram.js';
import type { EventPublisher } from './event-publisher.js';
import { type EventPlan, EventSupply } from './event-supply.js';
import { LinePublisher } from './line-publisher.js';
import { NatsPublisher } from './peer/nats-publisher.js';
import { sendAtRate } from './send-at-rate.js';
import { SocketPublisher } from './socket-publisher.js';
import { SocketsPublisher } from './sockets-publisher.js';
import { serveAsWorker } from './worker.js';

/** Load process: one source that publishes at a rate. */
let publisher: EventPublisher | undefined;
let supply: EventSupply | undefined;
/** Events that every subscriber has received so far; used when the subscribers set the rate. */
let delivered = 0;
let published = 0;

export interface PublishRun {
  rate?: number | undefined;
  seconds: number;
  /** Events that may be published and not answered yet. */
  unansweredMax: number;
  /** Events that may be published and not delivered yet; needs reports through `delivered`. */
  undeliveredMax?: number | undefined;
}

export interface PublishReport {
  published: number;
  acknowledged: number;
  refused: number;
  refusal: string | undefined;
  latency: HistogramData;
  seconds: number;
}

const ANSWERS_MS_MAX = 20_000;

serveAsWorker({
  openSocket: async (target: { port: number; token: string; plan: EventPlan }) => {
    await begin(await SocketPublisher.open(target), target.plan);
  },
  openSockets: async (target: { port: number; tokens: Record<string, string>; plan: EventPlan }) => {
    await begin(await SocketsPublisher.open(target), target.plan);
  },
  openLines: (target: { port: number; token: string; plan: EventPlan }) =>
    begin(new LinePublisher(target), target.plan),
  openNats: async (target: { url: string; subject: string; stored: boolean; plan: EventPlan }) => {
    await begin(await NatsPublisher.open(target), target.plan);
  },
  delivered: (events: number) => {
    delivered = events;
  },
  publish: (run: PublishRun) => publish(run),
});

async function begin(next: EventPublisher, plan: EventPlan): Promise<void> {
  await publisher?.close();
  publisher = next;
  supply = new EventSupply(plan);
  delivered = 0;
  published = 0;
}

/** Resolves when every event was answered. */
async function publish({ rate, seconds, unansweredMax, undeliveredMax }: PublishRun): Promise<PublishReport> {
  const transport = publisher as EventPublisher;
  const source = supply as EventSupply;
  const startedAt = performance.now();
  const { acknowledged, refused } = transport;
  transport.latency = new Histogram();
  const sent = await sendAtRate({
    rate,
    seconds,
    capacity: () => {
      if (!transport.isReady) return 0;
      const undelivered = undeliveredMax === undefined ? 0 : published - delivered;
      return Math.min(unansweredMax - transport.unanswered, (undeliveredMax ?? unansweredMax) - undelivered);
    },
    send: (count) => {
      published += count;
      transport.publish(Array.from({ length: count }, () => source.next()));
    },
  });
  const elapsed = (performance.now() - startedAt) / 1000;
  const giveUpAt = performance.now() + ANSWERS_MS_MAX;
  const inTime = transport.acknowledged - acknowledged;
  while (transport.unanswered > 0 && performance.now() < giveUpAt)
    await new Promise((resolve) => setTimeout(resolve, 5));
  return {
    published: sent,
    acknowledged: inTime,
    refused: transport.refused - refused,
    refusal: transport.refusal,
    latency: transport.latency.toJSON(),
    seconds: elapsed,
  };
}
