import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { pino } from 'pino';
import type { Test } from 'tap';
import { type ClientOptions, WebSocket } from 'ws';
import { ClientAddresses } from '../../../broker/gateway/admission/client-address.js';
import { FailedLogins } from '../../../broker/gateway/admission/failed-logins.js';
import { Login, type LoginDeps } from '../../../broker/gateway/admission/login.js';
import { StreamSlots } from '../../../broker/gateway/admission/stream-slots.js';
import { FrameDeflater } from '../../../broker/gateway/frame-deflater.js';
import { FrameInflater } from '../../../broker/gateway/frame-inflater.js';
import { Gateway, type GatewayDeps } from '../../../broker/gateway/gateway.js';
import { Tickets } from '../../../broker/gateway/tickets.js';
import { UnfinishedFrames } from '../../../broker/gateway/unfinished-frames.js';
import { Metrics } from '../../../broker/metrics/metrics.js';
import type { Caller } from '../../../broker/parties/caller.js';
import { Leases } from '../../../broker/parties/leases/leases.js';
import type { SubscribeRequest, Subscription } from '../../../broker/stream/subscriber.js';
import { codecFor } from '../../../proto/frames/frame-codec.js';
import type {
  ClientFrame,
  PublishResult,
  ServerFrame,
  SourceEventInput,
  Subprotocol,
} from '../../../proto/frames/frames.js';

export const CALLERS: Record<string, Caller> = {
  'system-token': { kind: 'system', id: 'reader', party: 'service', may: ['publish', 'subscribe'] },
  'officer-token': { kind: 'officer', id: 'li', party: 'service', roles: ['auditor'] },
};

export type Scripted = Partial<Omit<GatewayDeps, 'limits' | 'intake' | 'leases'>> & {
  credentials?: LoginDeps['credentials'];
  limits?: Partial<GatewayDeps['limits']>;
  intake?: Partial<GatewayDeps['intake']>;
};

export interface TestGateway {
  gateway: Gateway;
  url: string;
  tickets: Tickets;
  leases: Leases;
  /** TCP connections that the server holds. */
  connections(): Promise<number>;
}

function ticketsOfTests(): Tickets {
  const used = new Set<string>();
  const useOnce = async (id: string) => !used.has(id) && used.add(id).has(id);
  return new Tickets({ secret: 'test', clock: Date.now, useOnce });
}

const LIMITS = {
  maxFrameBytes: 128 * 1024,
  maxSubscriptions: 2,
  maxCredit: 100,
  maxPublishEvents: 10,
  maxBufferedBytes: 4 * 1024 * 1024,
  stalledMs: 60_000,
  compression: true,
  maxSessions: 10,
};

const publish = (_caller: unknown, events: readonly unknown[]): Promise<PublishResult[]> =>
  Promise.all((events as SourceEventInput[]).map(stored));

const INTAKE = { publish, publishAtomic: publish, backpressure: () => undefined, refusedBefore: () => undefined };

/** A gateway on a free port, with subscriptions and an intake whose answers the test scripts. */
export async function startGateway(t: Test, scripted: Scripted = {}): Promise<TestGateway> {
  const tickets = ticketsOfTests();
  const log = pino({ level: 'silent' });
  const metrics = scripted.metrics ?? new Metrics().gateway;
  const failures = new FailedLogins({ log, metrics });
  const credentials = {
    digestOf: (token: string) => token,
    digestOfSubject: (subject: string) => subject,
    ownerOf: (digest: string) => CALLERS[digest],
    ...scripted.credentials,
  };
  const leases = new Leases({ credentials, revocations: { lastByteSent: () => undefined }, clock: Date.now });
  const gateway = new Gateway({
    login: new Login({ credentials, tickets, addresses: new ClientAddresses([]), failures }),
    slots: new StreamSlots({ maxConnections: 100, maxStreamsPerSystem: 100 }),
    unfinished: new UnfinishedFrames(),
    deflater: new FrameDeflater(),
    inflater: new FrameInflater(),
    subscriptions: { subscribe: async (request) => subscriptionOf(request) },
    metrics,
    log,
    heartbeatMs: 60_000,
    maxEventBytes: 64 * 1024,
    ...scripted,
    leases,
    intake: { ...INTAKE, ...scripted.intake },
    limits: { ...LIMITS, ...scripted.limits },
  });
  const server = createServer();
  server.on('upgrade', (request, socket, head) => gateway.upgrade(request, socket, head));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    await gateway.drain();
    server.close();
    server.closeAllConnections();
  });
  const connections = promisify(server.getConnections.bind(server)) as () => Promise<number>;
  return {
    gateway,
    tickets,
    leases,
    connections,
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/stream`,
  };
}

export const stored = async (event: SourceEventInput): Promise<PublishResult> => ({ id: event.id, position: 1 });

export function subscriptionOf(request: SubscribeRequest, channel = 7): Subscription {
  const { ref, grant } = request;
  request.sink.sendFrame({
    kind: 'subscribed',
    ref,
    channel,
    grant,
    entry: 'service.thing',
    version: 1,
    items: [],
    log: 'log',
    position: 0,
  });
  return { channel, ack: () => {}, reject: async () => {}, close: async () => {} };
}

/** A client that keeps the frames it received and returns them one by one. */
export class TestClient {
  readonly frames: ServerFrame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly socket: WebSocket;
  #arrived: () => void = () => {};

  constructor(
    url: string,
    readonly encoding: Subprotocol = 'sluice.v1.json',
    options: ClientOptions = { headers: { authorization: 'Bearer system-token' } },
  ) {
    this.socket = new WebSocket(url, [encoding], { perMessageDeflate: false, ...options });
    const codec = codecFor(encoding);
    this.socket.on('message', (data, isBinary) => {
      this.frames.push(codec.decodeServer(data as Buffer, isBinary));
      this.#arrived();
    });
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#arrived();
      });
    });
  }

  send(frame: ClientFrame): void {
    this.socket.send(codecFor(this.encoding).encode(frame));
  }

  /** The next frame of that kind, what came before it dropped. Fails when the socket closes instead. */
  async next<Kind extends ServerFrame['kind']>(kind: Kind): Promise<Extract<ServerFrame, { kind: Kind }>> {
    for (;;) {
      for (let frame = this.frames.shift(); frame; frame = this.frames.shift()) {
        if (frame.kind === kind) return frame as Extract<ServerFrame, { kind: Kind }>;
      }
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`closed while waiting for ${kind}`);
      await new Promise<void>((resolve) => (this.#arrived = resolve));
    }
  }
}

/** A client that has received its `welcome`; closed when the test ends. */
export async function connectClient(
  t: Test,
  url: string,
  encoding?: Subprotocol,
  options?: ClientOptions,
): Promise<TestClient> {
  const client = new TestClient(url, encoding, options);
  t.teardown(() => client.socket.terminate());
  await client.next('welcome');
  return client;
}
