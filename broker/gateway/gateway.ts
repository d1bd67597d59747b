import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { SluiceError } from '../../proto/errors.js';
import { CLOSE_CODES } from '../../proto/frames/frames.js';
import type { Caller, SystemCaller } from '../parties/caller.js';
import type { Credentials } from '../parties/credentials.js';
import { refuseUpgrade } from './refuse-upgrade.js';
import { Session, type SessionDeps, type SessionPeer } from './session.js';
import { chooseSubprotocol } from './subprotocol.js';
import type { Tickets } from './tickets.js';

export const STREAM_PATH = '/v1/stream';

export interface GatewayDeps extends SessionDeps {
  tickets: Tickets;
  credentials: Pick<Credentials, 'digestOf' | 'ownerOf'>;
}

/** A WebSocket, the TCP connection under it, and what is spoken on it. */
type Connection = Pick<SessionPeer, 'socket' | 'tcp' | 'encoding'>;

/** All sessions of this broker: lets systems in, puts those out whose credential is gone, says goodbye on drain. */
export class Gateway {
  readonly #sessions = new Set<Session>();
  readonly #server: WebSocketServer;
  #isDraining = false;

  constructor(private readonly deps: GatewayDeps) {
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // Twice the limit, so that a frame a bit too large is answered with words; beyond, ws closes with 1009.
      maxPayload: 2 * deps.limits.maxFrameBytes,
      // The codec checks it and can say so in an error frame.
      skipUTF8Validation: true,
      handleProtocols: (offered) => chooseSubprotocol([...offered].join(',')) ?? false,
    });
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /** Listener of the HTTP server's `upgrade`. Takes the socket over in any case. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    try {
      this.#admit(request, socket, head);
    } catch (error) {
      const known = error instanceof SluiceError ? error : new SluiceError('INTERNAL', 'unexpected failure');
      if (known !== error) this.deps.log.error({ err: error }, 'upgrade failed');
      refuseUpgrade(socket, known);
    }
  }

  /** To be called when a system has changed: closes its sessions whose credential or rights are no longer the same. */
  checkCredentials(system: string): void {
    for (const session of this.#sessions) {
      if (session.caller.id !== system) continue;
      const owner = this.deps.credentials.ownerOf(session.credential);
      if (!owner || !hasSameRights(owner, session.caller)) {
        session.close(CLOSE_CODES.NOT_ALLOWED, 'the credential was withdrawn or its rights have changed');
      }
    }
  }

  /** Lets nobody in any more and ends every session after its cursors are stored. Safe to call twice. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await Promise.allSettled([...this.#sessions].map((session) => session.drain()));
  }

  #admit(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'http://broker');
    if (url.pathname !== STREAM_PATH) throw new SluiceError('NOT_FOUND', `WebSockets live at ${STREAM_PATH}`);
    if (this.#isDraining) throw new SluiceError('SHUTTING_DOWN', 'the broker is shutting down');
    if (this.#sessions.size >= this.deps.limits.maxSessions) throw new SluiceError('TOO_MANY', 'too many sessions');
    const encoding = chooseSubprotocol(request.headers['sec-websocket-protocol']);
    if (!encoding) throw new SluiceError('BAD_REQUEST', 'none of the offered subprotocols is known');
    const ticket = url.searchParams.get('ticket');
    if (ticket !== null) {
      this.#accept(request, socket, head, (ws) => {
        void this.#enterByTicket({ socket: ws, tcp: socket as Socket, encoding }, ticket);
      });
      return;
    }
    const credential = this.deps.credentials.digestOf(bearerOf(request));
    const caller = systemOf(this.deps.credentials.ownerOf(credential));
    this.#accept(request, socket, head, (ws) => {
      this.#enter({ socket: ws, tcp: socket as Socket, encoding }, { caller, credential });
    });
  }

  #accept(request: IncomingMessage, socket: Duplex, head: Buffer, enter: (ws: WebSocket) => void): void {
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      // Without a listener an error before the session's own would bring the process down.
      ws.on('error', () => {});
      enter(ws);
    });
  }

  /** A browser can't see the status of a refused upgrade, but it does see a close code: so its refusal comes after. */
  async #enterByTicket(connection: Connection, ticket: string): Promise<void> {
    const { socket: ws } = connection;
    // What the client sends at once waits in the socket until there is a session to take it.
    ws.pause();
    const [code, reason] = await this.#admitByTicket(connection, ticket);
    ws.resume();
    if (code !== undefined) ws.close(code, reason);
  }

  async #admitByTicket(connection: Connection, ticket: string): Promise<[number?, string?]> {
    let credential: string | undefined;
    try {
      credential = await this.deps.tickets.redeem(ticket);
    } catch {
      return [CLOSE_CODES.GOING_AWAY, 'the ticket can not be checked now'];
    }
    const caller = credential === undefined ? undefined : this.deps.credentials.ownerOf(credential);
    if (credential === undefined || !caller) return [CLOSE_CODES.NOT_AUTHENTICATED, 'the ticket is not valid'];
    if (caller.kind !== 'system') return [CLOSE_CODES.NOT_ALLOWED, 'sessions are for systems'];
    if (this.#isDraining) return [CLOSE_CODES.GOING_AWAY, 'the broker is going away'];
    const { socket } = connection;
    if (socket.readyState === socket.OPEN) this.#enter(connection, { caller, credential });
    return [];
  }

  #enter(connection: Connection, who: { caller: SystemCaller; credential: string }): void {
    const session = new Session({ id: randomUUID(), ...who, ...connection }, this.deps);
    this.#sessions.add(session);
    void session.ended.finally(() => this.#sessions.delete(session));
    this.deps.log.info({ session: session.id, system: who.caller.id, encoding: connection.encoding }, 'session opened');
  }
}

function bearerOf(request: IncomingMessage): string {
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) throw new SluiceError('NOT_AUTHENTICATED', 'a bearer token or a ticket is needed');
  return token;
}

function systemOf(caller: Caller | undefined): SystemCaller {
  if (!caller) throw new SluiceError('NOT_AUTHENTICATED', 'the token is not valid');
  if (caller.kind !== 'system') throw new SluiceError('NOT_ALLOWED', 'sessions are for systems, not for officers');
  return caller;
}

const hasSameRights = (owner: Caller, caller: SystemCaller): boolean =>
  owner.kind === 'system' && owner.party === caller.party && caller.may.every((right) => owner.may.includes(right));
