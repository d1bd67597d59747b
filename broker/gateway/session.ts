import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { RawData, WebSocket } from 'ws';
import { SluiceError, toProblem } from '../../proto/errors.js';
import { codecFor, type FrameCodec } from '../../proto/frames/frame-codec.js';
import { CLOSE_CODES, type ClientFrame, type SessionLimits, type Subprotocol } from '../../proto/frames/frames.js';
import type { SessionConfig } from '../config.js';
import type { Intake } from '../intake/intake.js';
import type { GatewayMetrics } from '../metrics/gateway-metrics.js';
import type { SystemCaller } from '../parties/caller.js';
import type { StreamEngine } from '../stream/stream-engine.js';
import { Heartbeat } from './heartbeat.js';
import { SessionPublisher } from './session-publisher.js';
import { SessionSubscriptions } from './session-subscriptions.js';
import { SocketSink } from './socket-sink.js';

/** A peer that does not answer the close frame keeps its socket no longer than this. */
const CLOSE_PATIENCE_MS = 2000;

export interface SessionDeps {
  engine: Pick<StreamEngine, 'subscribe'>;
  intake: Pick<Intake, 'publish' | 'publishAtomic' | 'backpressure'>;
  metrics: GatewayMetrics;
  log: Logger;
  clock: () => number;
  limits: SessionConfig;
  heartbeatMs: number;
  maxEventBytes: number;
}

export interface SessionPeer {
  id: string;
  caller: SystemCaller;
  /** Digest of the token that it came with. */
  credential: string;
  encoding: Subprotocol;
  socket: WebSocket;
  /** The connection under the WebSocket. */
  tcp: Socket;
}

/** One WebSocket connection of one system: decodes its frames, has them done in order of arrival, says what failed. */
export class Session {
  readonly id: string;
  readonly caller: SystemCaller;
  readonly credential: string;
  /** Resolves when the socket is closed and what the session held is stored. */
  readonly ended: Promise<void>;
  readonly #codec: FrameCodec;
  readonly #sink: SocketSink;
  readonly #heartbeat: Heartbeat;
  readonly #subscriptions: SessionSubscriptions;
  readonly #publisher: SessionPublisher;
  #isClosing = false;

  constructor(
    private readonly peer: SessionPeer,
    private readonly deps: SessionDeps,
  ) {
    const { socket, tcp, caller, encoding } = peer;
    const { engine, intake, metrics, limits, heartbeatMs, clock } = deps;
    this.id = peer.id;
    this.caller = caller;
    this.credential = peer.credential;
    this.#codec = codecFor(encoding);
    const sink = new SocketSink(socket, tcp, {
      codec: this.#codec,
      maxBufferedBytes: limits.maxBufferedBytes,
      stalledMs: limits.stalledMs,
      onSlowConsumer: () => this.close(CLOSE_CODES.TOO_MUCH, 'the client does not read what it is sent'),
    });
    this.#sink = sink;
    this.#heartbeat = new Heartbeat({
      heartbeatMs,
      clock,
      beat: () => this.#beat(),
      lost: () => this.close(CLOSE_CODES.HEARTBEAT_LOST, 'nothing was heard for 2.5 heartbeats'),
    });
    this.#subscriptions = new SessionSubscriptions({
      session: this.id,
      caller,
      encoding,
      sink,
      engine,
      metrics,
      ...limits,
    });
    this.#publisher = new SessionPublisher({
      caller,
      sink,
      intake,
      maxPublishEvents: limits.maxPublishEvents,
      pause: () => this.#pause(),
      resume: () => this.#resume(),
    });
    this.ended = this.#untilClosed();
    this.#listen();
    sink.sendFrame({ kind: 'welcome', session: this.id, heartbeatMs, limits: this.#announcedLimits() });
  }

  /** Sends the close frame behind what was sent before; the peer has two seconds to answer it. */
  close(code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#heartbeat.stop();
    this.#sink.close();
    this.peer.socket.resume();
    this.peer.socket.close(code, reason);
    const timer = setTimeout(() => this.peer.socket.terminate(), CLOSE_PATIENCE_MS);
    this.peer.socket.once('close', () => clearTimeout(timer));
    this.deps.log.info({ session: this.id, system: this.caller.id, code, reason }, 'session closed by the broker');
  }

  /** Answers what was published, stores the cursors, then says goodbye. */
  async drain(): Promise<void> {
    this.peer.socket.pause();
    this.#heartbeat.deaf(true);
    await this.#publisher.settled();
    await this.#subscriptions.close();
    this.close(CLOSE_CODES.GOING_AWAY, 'the broker is going away, connect again');
    await this.ended;
  }

  #listen(): void {
    const { socket } = this.peer;
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('ping', () => this.#heartbeat.heard());
    socket.on('pong', () => this.#heartbeat.heard());
    // ws closes the connection itself (1009 beyond the hard limit, 1002 for broken framing).
    socket.on('error', (error) => this.deps.log.debug({ session: this.id, err: error.message }, 'socket error'));
  }

  async #untilClosed(): Promise<void> {
    const { socket, encoding } = this.peer;
    this.deps.metrics.sessionOpened(encoding);
    const code = await new Promise<number>((resolve) => socket.once('close', resolve));
    this.#isClosing = true;
    this.#heartbeat.stop();
    this.#sink.close();
    this.deps.metrics.sessionClosed(encoding, code);
    await this.#subscriptions.close();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#isClosing) return;
    this.#heartbeat.heard();
    let frame: ClientFrame;
    try {
      const bytes = data as Buffer;
      if (bytes.length > this.deps.limits.maxFrameBytes) {
        throw new SluiceError('TOO_LARGE', `a frame has at most ${this.deps.limits.maxFrameBytes} bytes`);
      }
      frame = this.#codec.decodeClient(bytes, isBinary);
    } catch (error) {
      this.#refuse(error, {});
      const { code, detail } = toProblem(error);
      this.deps.log.info({ session: this.id, code, detail }, 'bad frame');
      this.close(CLOSE_CODES.BAD_FRAME, 'bad frame');
      return;
    }
    this.deps.metrics.frameReceived(frame.kind);
    this.#handle(frame).catch((error: unknown) => {
      this.#refuse(error, 'ref' in frame ? { ref: frame.ref } : { channel: frame.channel });
    });
  }

  async #handle(frame: ClientFrame): Promise<void> {
    switch (frame.kind) {
      case 'publish':
        return this.#publisher.publish(frame);
      case 'ack':
        return this.#subscriptions.ack(frame);
      case 'subscribe':
        return this.#subscriptions.subscribe(frame);
      case 'reject':
        return this.#subscriptions.reject(frame);
      case 'unsubscribe':
        return this.#subscriptions.unsubscribe(frame);
    }
  }

  /** An error that is not ours says nothing of its insides to the client; the log has it. */
  #refuse(error: unknown, about: { ref?: string; channel?: number }): void {
    if (!(error instanceof SluiceError)) this.deps.log.error({ session: this.id, err: error }, 'frame failed');
    const { code, detail, earliest, ref } = toProblem(error);
    const where = { ...about, ...(ref === undefined ? {} : { ref }), ...(earliest === undefined ? {} : { earliest }) };
    this.#sink.sendFrame({ kind: 'error', ...where, code, message: detail });
  }

  #beat(): void {
    this.#sink.sendFrame({ kind: 'heartbeat' });
    if (this.peer.socket.readyState === this.peer.socket.OPEN) this.peer.socket.ping();
  }

  #pause(): void {
    this.deps.metrics.sessionPaused();
    this.peer.socket.pause();
    this.#heartbeat.deaf(true);
  }

  #resume(): void {
    this.peer.socket.resume();
    this.#heartbeat.deaf(false);
  }

  #announcedLimits(): SessionLimits {
    const { maxFrameBytes, maxSubscriptions, maxCredit, maxPublishEvents } = this.deps.limits;
    return { maxFrameBytes, maxEventBytes: this.deps.maxEventBytes, maxSubscriptions, maxCredit, maxPublishEvents };
  }
}
