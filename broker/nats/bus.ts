import { randomBytes } from 'node:crypto';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { connect, createInbox } from '@nats-io/transport-node';
import { LeaderRequests } from './read/leader-requests.js';
import { ReconnectAttempts } from './reconnect-attempts.js';
import { refusalOfServer } from './refusal-of-server.js';
import { Publisher } from './write/publisher.js';

export interface BusOptions {
  servers: string | string[];
  user?: string | undefined;
  pass?: string | undefined;
  name: string;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Short, since the embedded server is back within a second of a crash. */
const RECONNECT_WAIT_MS = 200;
/** Two silent intervals mean a dead peer, so a host that vanished is noticed within half a minute. */
const PING_INTERVAL_MS = 10_000;
/**
 * A stream that recovers a large tail may answer its first call late. One without a leader never answers, and a retry
 * reaches the new leader.
 */
const API_TIMEOUT_MS = 5_000;

/**
 * Bytes that the client buffers before it writes within one turn of the event loop. Its default of 32 KiB makes fifteen
 * system calls of one commit, each of which wakes the server. The client reads the option without declaring it.
 */
const WRITE_BYTES = { pendingLimit: 256 * 1024 } as object;

/** No server of the given ones could be connected to: none answers, or none takes the credentials. */
export class ServerUnreachableError extends Error {
  override readonly name = 'ServerUnreachableError';
  readonly code = 'NATS_SERVER_UNREACHABLE';
  constructor(servers: string | string[], cause: Error) {
    super(`NATS at ${[servers].flat().join(', ')} cannot be used: ${cause.message}`, { cause });
  }
}

/** Connects once, rejects when that fails, and from then on reconnects for ever. */
export async function connectBus(options: BusOptions): Promise<Bus> {
  // A private prefix, so that a later account with tighter permissions can be given just this one.
  const inboxPrefix = `_INBOX_${options.name.replace(/[^A-Za-z0-9]/g, '_')}_${randomBytes(8).toString('hex')}`;
  const nc = await connect({
    servers: options.servers,
    ...(options.user !== undefined && { user: options.user, pass: options.pass ?? '' }),
    name: options.name,
    inboxPrefix,
    maxReconnectAttempts: -1,
    // A server that is still loading its users must not end the connection for good.
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    reconnectJitter: RECONNECT_WAIT_MS,
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_INTERVAL_MS,
    // Stack traces would be taken for every request, for the few that fail; our own errors name what failed.
    noAsyncTraces: true,
    ...WRITE_BYTES,
  }).catch(async (error: Error) => {
    throw new ServerUnreachableError(options.servers, await firstRefusal(options.servers, error));
  });
  const jsm = await jetstreamManager(nc, { timeout: API_TIMEOUT_MS, checkAPI: false });
  return new Bus(nc, jetstream(nc, { timeout: API_TIMEOUT_MS }), jsm, inboxPrefix);
}

/** The client's error for a first connection that ran into the time-out says nothing else; the servers may. */
async function firstRefusal(servers: string | string[], error: Error): Promise<Error> {
  if (error.name !== 'TimeoutError') return error;
  const refusals = await Promise.all([servers].flat().map(refusalOfServer));
  const why = refusals.find((refusal) => refusal !== undefined) ?? 'it does not answer in time';
  return new Error(why, { cause: error });
}

/** One connection to JetStream, with the means to write over it and to notice that it is lost. */
export class Bus {
  readonly publisher: Publisher;
  readonly leader: LeaderRequests;
  readonly #listeners = new Set<(up: boolean) => void>();
  readonly #failureListeners = new Set<(why: string, server: string) => void>();
  #up = true;
  #whyDown: string | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    readonly nc: NatsConnection,
    readonly js: JetStreamClient,
    readonly jsm: JetStreamManager,
    readonly inboxPrefix: string,
  ) {
    this.publisher = new Publisher(this);
    this.leader = new LeaderRequests(this);
    void this.#watch();
  }

  /** Returns a new subject that only this connection listens to. */
  newInbox(): string {
    return createInbox(this.inboxPrefix);
  }

  isUp(): boolean {
    return this.#up;
  }

  /** Why the last attempt to reconnect failed; undefined while connected and before the first attempt has. */
  get whyDown(): string | undefined {
    return this.#whyDown;
  }

  /** Calls `listener` at every change; returns the function that stops it. */
  onStatus(listener: (up: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` with the reason of every attempt to reconnect that failed; returns the function that stops it. */
  onReconnectFailed(listener: (why: string, server: string) => void): () => void {
    this.#failureListeners.add(listener);
    return () => this.#failureListeners.delete(listener);
  }

  /** Sends what is buffered, then closes; safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Draining waits for an answer that an unreachable server never gives.
    await (this.#up ? this.nc.drain() : this.nc.close()).catch(() => {});
    this.#setUp(false);
    this.publisher.stop();
    this.leader.stop();
  }

  async #watch(): Promise<void> {
    const attempts = new ReconnectAttempts(this.nc, (why, server) => {
      if (!this.#up) this.#whyDown = why;
      for (const listener of this.#failureListeners) listener(why, server);
    });
    for await (const status of this.nc.status()) {
      attempts.follow(status);
      if (status.type === 'disconnect' || status.type === 'close') this.#setUp(false);
      else if (status.type === 'reconnect') this.#setUp(true);
    }
    this.#setUp(false);
  }

  #setUp(up: boolean): void {
    if (this.#up === up) return;
    this.#up = up;
    if (up) this.#whyDown = undefined;
    for (const listener of [...this.#listeners]) listener(up);
  }
}
