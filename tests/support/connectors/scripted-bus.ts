import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { type WebSocket, WebSocketServer } from 'ws';
import { codecFor, type FrameCodec } from '../../../proto/frames/frame-codec.js';
import type { ClientFrame, ServerFrame, Subprotocol } from '../../../proto/frames/frames.js';

/** Long enough for a loaded machine; a working test waits milliseconds. */
const FRAME_WAIT_MS = 10_000;

export interface ScriptedWelcome {
  heartbeatMs?: number;
  maxFrameBytes?: number;
  /** When false, the session gets no welcome frame. */
  welcomes?: boolean;
  /** HTTP status to refuse the upgrade with. */
  refuseWith?: number;
}

/** One session of a scripted bus: the test reads the frames of the client and writes the answers itself. */
export class ScriptedSession {
  readonly #codec: FrameCodec;
  readonly #received: ClientFrame[] = [];
  #wake: (() => void) | undefined;
  readonly closed: Promise<number>;

  constructor(
    readonly socket: WebSocket,
    readonly authorization: string | undefined,
  ) {
    this.#codec = codecFor(socket.protocol as Subprotocol);
    this.closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('message', (data, isBinary) => {
      this.#received.push(this.#codec.decodeClient(data as Buffer, isBinary));
      this.#wake?.();
    });
  }

  send(frame: ServerFrame): void {
    this.socket.send(this.#codec.encode(frame));
  }

  /** Resolves with the next frame of the client, which must be of this kind. */
  async next<Kind extends ClientFrame['kind']>(kind: Kind): Promise<ClientFrame & { kind: Kind }> {
    const deadline = AbortSignal.timeout(FRAME_WAIT_MS);
    while (this.#received.length === 0) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        deadline.addEventListener('abort', () => reject(new Error(`no ${kind} frame came`)), { once: true });
      });
    }
    const frame = this.#received.shift()!;
    if (frame.kind !== kind) throw new Error(`expected ${kind}, got ${JSON.stringify(frame)}`);
    return frame as ClientFrame & { kind: Kind };
  }

  /** Ends the TCP connection without a closing handshake. */
  cut(): void {
    this.socket.terminate();
  }
}

/** A WebSocket server scripted by a test, for situations that a real broker cannot be brought into. */
export class ScriptedBus {
  readonly #arrived: ScriptedSession[] = [];
  #wake: (() => void) | undefined;
  welcome: ScriptedWelcome = {};
  upgrades = 0;

  private constructor(
    readonly url: string,
    server: WebSocketServer,
  ) {
    server.on('connection', (socket, request) => {
      const session = new ScriptedSession(socket, request.headers.authorization);
      const { heartbeatMs = 10_000, maxFrameBytes = 1024 * 1024, welcomes = true } = this.welcome;
      const limits = {
        maxFrameBytes,
        maxEventBytes: 262_144,
        maxSubscriptions: 10,
        maxCredit: 1000,
        maxPublishEvents: 100,
      };
      if (welcomes) session.send({ kind: 'welcome', session: 's', heartbeatMs, limits });
      this.#arrived.push(session);
      this.#wake?.();
    });
  }

  static async start(t: Test): Promise<ScriptedBus> {
    let bus: ScriptedBus | undefined;
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      path: '/v1/stream',
      verifyClient: (_info, done) => {
        if (bus) bus.upgrades++;
        const status = bus?.welcome.refuseWith;
        done(status === undefined, status);
      },
    });
    await once(server, 'listening');
    t.teardown(async () => {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    });
    bus = new ScriptedBus(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
    return bus;
  }

  /** Resolves with the next session that a client opens. */
  async session(): Promise<ScriptedSession> {
    while (this.#arrived.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#arrived.shift()!;
  }
}
