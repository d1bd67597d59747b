import '../../proto/frames/websocket-mask.js';

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type PerMessageDeflateOptions, type WebSocket, WebSocketServer } from 'ws';
import { SluiceError } from '../../proto/errors.js';
import { CLOSE_CODES } from '../../proto/frames/frames.js';
import type { Caller, SystemCaller } from '../parties/caller.js';
import type { Leases } from '../parties/leases/leases.js';
import type { LoggedIn, Login } from './admission/login.js';
import type { StreamSlots } from './admission/stream-slots.js';
import { closeWithClient } from './close-with-client.js';
import { asksForSharedCompression } from './frame-deflater.js';
import { refuseOnSocket } from './refuse-on-socket.js';
import { CLOSE_WAIT_MS_MAX, Session, type SessionDeps, type SessionPeer } from './session.js';
import { chooseSubprotocol } from './subprotocol.js';

export const STREAM_PATH = '/v1/stream';

/** Handshakes that wait for the store to say whether their ticket was used; each holds a descriptor. */
const PENDING_TICKETS_MAX = 200;
/** A session without a right gets its close frame, and what is still buffered for a slow client is dropped after this time. */
const WITHDRAWN_WAIT_MS_MAX = 500;
/** Pieces that a frame may come in, so that one sent byte by byte costs no more memory than its bytes. */
const FRAME_PIECES_MAX = 4096;

/** Each message is compressed by itself, on both ways. The library compresses nothing here, it only inflates. */
const SHARED_COMPRESSION: PerMessageDeflateOptions = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  // Refuses windows of the client's choice; the library takes a boolean here, its types do not.
  serverMaxWindowBits: false as unknown as number,
};

export interface GatewayDeps extends SessionDeps {
  login: Login;
  slots: StreamSlots;
  leases: Leases;
  /** Refuses officers for whom a registered bus has another answer than for the rest. Absent on a trial bus. */
  requireInsider?: ((caller: Caller, call: string) => Promise<unknown>) | undefined;
}

/** A WebSocket, the TCP connection under it, and the encoding spoken on it. */
type Connection = Pick<SessionPeer, 'socket' | 'tcp' | 'encoding' | 'isCompressed'>;

/**
 * All sessions of this process. Admits systems by token or ticket, closes their sessions when a credential is withdrawn
 * or changes its rights, and ends all on drain. Everything that can be refused is refused before the handshake, as an
 * HTTP problem, with one exception: a browser cannot see the status of a refused handshake, so a ticket is judged after it
 * and its refusal is a close code; until then the socket is not read.
 */
export class Gateway {
  readonly #sessions = new Set<Session>();
  readonly #server: WebSocketServer;
  /** For clients that ask for compression; it inflates what they send. */
  readonly #compressingServer: WebSocketServer;
  #pendingTickets = 0;
  #isDraining = false;

  constructor(private readonly deps: GatewayDeps) {
    this.#server = this.#webSocketServer(false);
    this.#compressingServer = this.#webSocketServer(SHARED_COMPRESSION);
  }

  #webSocketServer(perMessageDeflate: false | PerMessageDeflateOptions): WebSocketServer {
    const { deps } = this;
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate,
      // Twice the limit, so that a frame slightly too large gets an error frame; beyond, ws closes with 1009.
      // It is the inflated size that counts, and inflating ends there.
      maxPayload: 2 * deps.limits.maxFrameBytes,
      maxBufferedChunks: FRAME_PIECES_MAX,
      maxFragments: FRAME_PIECES_MAX,
      // The codec checks it, and names it in an error frame.
      skipUTF8Validation: true,
      handleProtocols: (offered) => chooseSubprotocol([...offered].join(',')) ?? false,
    });
    server.on('wsClientError', (error: Error, socket: Duplex) => {
      const refusal = new SluiceError('BAD_REQUEST', `the WebSocket handshake is malformed: ${error.message}`);
      refuseOnSocket(socket, refusal, ['Sec-WebSocket-Version: 13']);
    });
    return server;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /** Listener of the HTTP server's `upgrade`. Takes the socket over in any case. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    try {
      this.#admit(request, socket, head);
    } catch (error) {
      this.#refuse(socket, error);
    }
  }

  #refuse(socket: Duplex, error: unknown): void {
    const known = error instanceof SluiceError ? error : new SluiceError('INTERNAL', 'unexpected failure');
    if (known !== error) this.deps.log.error({ err: error }, 'WebSocket handshake failed');
    refuseOnSocket(socket, known);
  }

  /** Admits nobody any more and ends every session after its cursors are stored. Safe to call twice. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await Promise.allSettled([...this.#sessions].map((session) => session.drain()));
  }

  #admit(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = ticketOf(request);
    if (this.#isDraining) throw new SluiceError('SHUTTING_DOWN', 'the broker is shutting down');
    if (this.#sessions.size >= this.deps.limits.maxSessions) throw new SluiceError('TOO_MANY', 'too many sessions');
    const encoding = chooseSubprotocol(request.headers['sec-websocket-protocol']);
    if (!encoding) throw new SluiceError('BAD_REQUEST', 'none of the offered subprotocols is known');
    if (ticket !== null) {
      if (this.#pendingTickets >= PENDING_TICKETS_MAX) throw new SluiceError('TOO_MANY', 'too many handshakes at once');
      this.#accept(request, socket, head, (ws, isCompressed) => {
        void this.#enterByTicket({ socket: ws, tcp: socket as Socket, encoding, isCompressed }, request, ticket);
      });
      return;
    }
    const { caller, credential } = this.deps.login.byToken(request);
    if (caller.kind !== 'system') {
      void this.#refuseOfficer(caller, socket);
      return;
    }
    const who = { caller, credential };
    const release = this.deps.slots.take(caller.id);
    // It closes once, and `once` would make two objects for each session and take the listener off again.
    socket.on('close', release);
    // The answer to the handshake and the first frame of the session leave in one write.
    socket.cork();
    this.#accept(request, socket, head, (ws, isCompressed) => {
      this.#enter({ socket: ws, tcp: socket as Socket, encoding, isCompressed }, who);
    });
    socket.uncork();
  }

  async #refuseOfficer(caller: Caller, socket: Duplex): Promise<void> {
    // A client that goes away meanwhile must not bring the process down.
    socket.on('error', () => {});
    try {
      await this.deps.requireInsider?.(caller, 'subscribe');
      throw new SluiceError('NOT_ALLOWED', 'sessions are for systems, not for officers');
    } catch (error) {
      this.#refuse(socket, error);
    }
  }

  #accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    enter: (ws: WebSocket, isCompressed: boolean) => void,
  ): void {
    const isCompressed =
      this.deps.limits.compression && asksForSharedCompression(request.headers['sec-websocket-extensions']);
    const server = isCompressed ? this.#compressingServer : this.#server;
    server.handleUpgrade(request, socket, head, (ws) => {
      // Without a listener an error before the session's own would bring the process down. One made here would keep the request.
      ws.on('error', ignoreError);
      closeWithClient(socket as Socket);
      enter(ws, isCompressed);
    });
  }

  async #enterByTicket(connection: Connection, request: IncomingMessage, ticket: string): Promise<void> {
    const { socket: ws } = connection;
    // The client's first frames wait in the kernel until there is a session to take them.
    ws.pause();
    this.#pendingTickets++;
    const [code, reason] = await this.#admitByTicket(connection, request, ticket);
    this.#pendingTickets--;
    ws.resume();
    if (code === undefined) return;
    ws.close(code, reason);
    const timer = setTimeout(() => ws.terminate(), CLOSE_WAIT_MS_MAX);
    ws.once('close', () => clearTimeout(timer));
  }

  async #admitByTicket(connection: Connection, request: IncomingMessage, ticket: string): Promise<[number?, string?]> {
    let who: LoggedIn;
    try {
      who = await this.deps.login.byTicket(request, ticket);
    } catch (error) {
      return closeOf(error);
    }
    const { caller, credential } = who;
    if (caller.kind !== 'system') return [CLOSE_CODES.NOT_ALLOWED, 'sessions are for systems'];
    if (this.#isDraining) return [CLOSE_CODES.GOING_AWAY, 'the broker is going away'];
    const { socket, tcp } = connection;
    if (socket.readyState !== socket.OPEN) return [];
    try {
      tcp.on('close', this.deps.slots.take(caller.id));
    } catch (error) {
      return closeOf(error);
    }
    this.#enter(connection, { caller, credential });
    return [];
  }

  #enter(connection: Connection, who: { caller: SystemCaller; credential: string }): void {
    const { caller, credential } = who;
    const { socket, tcp, encoding, isCompressed } = connection;
    // Field by field: an object that is put together by spreads has a hidden class and memory of its own, in each session.
    const peer = { id: randomUUID(), caller, credential, socket, tcp, encoding, isCompressed };
    const session = new Session(peer, this.deps);
    this.#sessions.add(session);
    const release = this.#endWithCredential(session);
    void session.ended.finally(() => {
      release();
      this.#sessions.delete(session);
    });
    this.deps.log.info({ session: session.id, system: who.caller.id, encoding: connection.encoding }, 'session opened');
  }

  /** Closes the session when its credential is withdrawn or loses a right. Returns what gives the lease back. */
  #endWithCredential(session: Session): () => void {
    const reason = 'the credential was withdrawn or its rights have changed';
    const end = () => session.close(CLOSE_CODES.NOT_ALLOWED, reason, WITHDRAWN_WAIT_MS_MAX);
    const { leases } = this.deps;
    try {
      const lease = leases.take(leases.credential(session.caller, session.credential));
      lease.whenEnded(() => {
        end();
        session.whenWritten(() => lease.lastByteSent());
      });
      return () => lease.release();
    } catch {
      // Withdrawn during the handshake.
      end();
      return () => undefined;
    }
  }
}

function ignoreError(): void {}

/** Null without one. Throws BAD_REQUEST or NOT_FOUND; the address is not repeated, it may hold a ticket. */
function ticketOf({ url = '/' }: IncomingMessage): string | null {
  // Clients that are no browsers send a token in a header and nothing behind the path: thousands at once in a storm.
  if (url === STREAM_PATH) return null;
  if (!url.startsWith('/') || !URL.canParse(url, 'http://broker')) {
    throw new SluiceError('BAD_REQUEST', 'the address of the request is malformed');
  }
  const { pathname, searchParams } = new URL(url, 'http://broker');
  if (pathname !== STREAM_PATH) throw new SluiceError('NOT_FOUND', `WebSockets are served at ${STREAM_PATH}`);
  return searchParams.get('ticket');
}

function closeOf(error: unknown): [number, string] {
  const code = error instanceof SluiceError ? error.code : 'INTERNAL';
  if (code === 'NOT_AUTHENTICATED') return [CLOSE_CODES.NOT_AUTHENTICATED, 'the ticket is not valid'];
  if (code === 'TOO_MANY') return [CLOSE_CODES.TOO_MUCH, (error as SluiceError).message];
  return [CLOSE_CODES.GOING_AWAY, 'the ticket cannot be checked now'];
}
