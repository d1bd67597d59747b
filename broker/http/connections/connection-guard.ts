import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { TurnShare } from '../../../proto/async/shared-turns.js';
import { beginAnswer } from './answer-in-service.js';
import { HttpParserFeed } from './http-parser-feed.js';
import { ciphertextOf } from './paced-ciphertext.js';
import { RequestTurns } from './request-turns.js';

/** Requests that a connection may have waiting behind the one in service. Browsers and libraries send none. */
const PIPELINED_MAX = 32;
/** Memory of their heads, of one connection: usual ones have a kilobyte. */
const PIPELINED_BYTES_MAX = 64 * 1024;
/** A line of a head takes this beside its characters. */
const BYTES_PER_LINE = 64;
/** Handshakes of TLS that are not complete, of all connections. Honest ones take some round trips. */
const HANDSHAKE_SHARE = 0.1;
const CHECK_INTERVAL_MS = 5_000;
const NOTHING = new Uint8Array(0);

export interface ConnectionGuardOptions {
  maxConnections: number;
  /** A connection that takes none of the bytes that wait for it is closed after this. */
  stalledMs: number;
  /** The caller's share of the turns of the event loop, from the head of a request alone. */
  shareOf: (request: CredentialHead) => TurnShare;
}

/** The part of a request that names its caller. */
export type CredentialHead = Pick<IncomingMessage, 'headers'>;

interface Connection {
  feed: HttpParserFeed | undefined;
  /** The caller, as the last request names it. */
  head: CredentialHead | undefined;
  /** Requests in service, and the WebSocket that the connection has become. */
  inService: number;
  waiting: [IncomingMessage, ServerResponse][];
  waitingBytes: number;
  /** Bytes that the kernel had taken when it was last looked at, and since when it has taken no more. */
  written: number;
  stalledSinceMs: number | undefined;
}

/**
 * Bounds what connections cost. Node parses all requests that come in one packet and serves them side by side, so that 10 KB
 * of requests for pages make a gigabyte of answers; here a connection has one request in service and the others wait.
 * At the bound of connections a new one closes the one that has been idle for longest, be it kept alive or never used:
 * refusing the new one would let 1,000 silent clients keep everybody out, `/readyz` and acts among them.
 */
export class ConnectionGuard {
  /** In the order in which they became idle last. */
  readonly #connections = new Map<Socket, Connection>();
  /** Peer → its connection whose handshake of TLS is not complete, oldest first. */
  readonly #handshakes = new Map<string, Socket>();
  readonly #turns: RequestTurns;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: ConnectionGuardOptions) {
    this.#turns = new RequestTurns(options.shareOf);
  }

  /** Watches the server's connections until it closes. */
  watch(server: Server): void {
    // Over TLS the socket of requests is the one that the handshake yields.
    const isTls = server instanceof TlsServer;
    if (isTls) {
      server.on('connection', (socket: Socket) => this.#handshakeBegins(socket));
      server.on('secureConnection', (socket: Socket) => this.#handshakes.delete(peerOf(socket)));
    }
    server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => this.#opened(socket));
    server.on('upgrade', (request: IncomingMessage) => this.#upgradeBegins(request));
    this.#timer = setInterval(() => this.#closeStalled(), CHECK_INTERVAL_MS);
    this.#timer.unref();
    server.once('close', () => clearInterval(this.#timer));
  }

  /** For the first of the listeners: behind a request whose answer is still to come the connection is closed. */
  #upgradeBegins(request: IncomingMessage): void {
    const { socket } = request;
    const connection = this.#of(socket);
    if (connection.inService > 0) socket.destroy();
    this.#serviceBegins(socket);
    connection.feed?.handOver();
    const below = ciphertextOf(socket);
    if (below) {
      const share = this.options.shareOf(request);
      below.shareOf = () => share;
    }
    // A session lasts for days and needs neither.
    connection.feed = undefined;
    connection.head = undefined;
  }

  /** Serves the requests of one connection one after another. */
  oneAtATime(serve: RequestListener): RequestListener {
    return (request, response) => {
      const connection = this.#of(request.socket);
      if (connection.inService === 0) {
        this.#serve(serve, request, response);
      } else if (this.#mayWait(connection, request)) {
        connection.waiting.push([request, response]);
      } else {
        request.socket.destroy();
      }
    };
  }

  #mayWait(connection: Connection, request: IncomingMessage): boolean {
    connection.waitingBytes += headBytes(request);
    return connection.waiting.length < PIPELINED_MAX && connection.waitingBytes <= PIPELINED_BYTES_MAX;
  }

  #serve(serve: RequestListener, request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.#serviceBegins(socket);
    beginAnswer(socket, response);
    const { authorization } = request.headers;
    this.#of(socket).head = { headers: authorization === undefined ? {} : { authorization } };
    response.once('close', () => {
      this.#serviceEnds(socket);
      const connection = socket.destroyed ? undefined : this.#connections.get(socket);
      const next = connection?.waiting.shift();
      if (!connection || !next) return;
      connection.waitingBytes -= headBytes(next[0]);
      this.#serve(serve, ...next);
    });
    this.#turns.serve(request, () => serve(request, response));
  }

  /** At their bound a new one closes the oldest: refusing it would let those that are never completed keep everybody out. */
  #handshakeBegins(socket: Socket): void {
    const key = peerOf(socket);
    if (this.#handshakes.size >= Math.max(1, this.options.maxConnections * HANDSHAKE_SHARE)) {
      for (const [peer, oldest] of this.#handshakes) {
        this.#handshakes.delete(peer);
        oldest.destroy();
        break;
      }
    }
    this.#handshakes.set(key, socket);
    socket.once('close', () => this.#handshakes.delete(key));
  }

  #opened(socket: Socket): void {
    if (this.#connections.size >= this.options.maxConnections && !this.#closeIdle()) {
      socket.destroy();
      return;
    }
    const connection = this.#of(socket);
    const shareOf = (): TurnShare | undefined => connection.head && this.options.shareOf(connection.head);
    connection.feed = new HttpParserFeed(socket, shareOf);
    const below = ciphertextOf(socket);
    if (below) below.shareOf = shareOf;
  }

  #of(socket: Socket): Connection {
    const known = this.#connections.get(socket);
    if (known) return known;
    const connection: Connection = {
      feed: undefined,
      head: undefined,
      inService: 0,
      waiting: [],
      waitingBytes: 0,
      written: 0,
      stalledSinceMs: undefined,
    };
    this.#connections.set(socket, connection);
    socket.on('close', () => this.#connections.delete(socket));
    return connection;
  }

  #serviceBegins(socket: Socket): void {
    this.#of(socket).inService++;
  }

  #serviceEnds(socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (!connection) return;
    connection.inService--;
    // Moved to the end: it became idle last.
    this.#connections.delete(socket);
    this.#connections.set(socket, connection);
  }

  /** False when every connection has a request in service. */
  #closeIdle(): boolean {
    for (const [socket, { inService }] of this.#connections) {
      if (inService > 0) continue;
      this.#connections.delete(socket);
      socket.destroy();
      return true;
    }
    return false;
  }

  #closeStalled(): void {
    const nowMs = performance.now();
    for (const [socket, connection] of this.#connections) {
      const written = socket.bytesWritten - socket.writableLength;
      if (socket.writableLength === 0 || written !== connection.written) {
        connection.written = written;
        connection.stalledSinceMs = undefined;
        // A socket that is not read shows neither a reset nor a peer that answers no probe of the kernel; a write does, of nothing too.
        if (socket.isPaused() && socket.writableLength === 0) socket.write(NOTHING);
      } else {
        connection.stalledSinceMs ??= nowMs;
        if (nowMs - connection.stalledSinceMs >= this.options.stalledMs) socket.destroy();
      }
    }
  }
}

/** Over TLS the connection that was accepted and the one that carries requests are two objects of one peer. */
const peerOf = ({ remoteAddress, remotePort, localAddress }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress}`;

function headBytes({ rawHeaders, url }: IncomingMessage): number {
  let bytes = url?.length ?? 0;
  for (const part of rawHeaders) bytes += part.length;
  return bytes + (rawHeaders.length / 2) * BYTES_PER_LINE;
}
