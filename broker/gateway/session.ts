import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { RawData, WebSocket } from 'ws';
import { TurnQueue } from '../../proto/async/turn-queue.js';
import { SluiceError, toProblem } from '../../proto/errors.js';
import { codecFor, type FrameCodec } from '../../proto/frames/frame-codec.js';
import { CLOSE_CODES, type ClientFrame, type SessionLimits, type Subprotocol } from '../../proto/frames/frames.js';
import type { SessionConfig } from '../config.js';
import type { Intake } from '../intake/intake.js';
import type { GatewayMetrics } from '../metrics/gateway-metrics.js';
import { type SystemCaller, turnShareOf } from '../parties/caller.js';
import { QuotaError } from '../parties/quotas/quota-error.js';
import type { QuotaNotice } from '../parties/quotas/quota-notice.js';
import type { SubscriptionService } from '../stream/subscriptions/subscription-service.js';
import type { FrameDeflater } from './frame-deflater.js';
import type { FrameInflater } from './frame-inflater.js';
import { FrameParserFeed } from './frame-parser-feed.js';
import { Heartbeat } from './heartbeat.js';
import { SessionPublisher } from './session-publisher.js';
import { SessionSubscriptions } from './session-subscriptions.js';
import { SocketSink } from './socket-sink.js';
import type { FrameWatch, UnfinishedFrames } from './unfinished-frames.js';

/** A peer that does not answer the close frame keeps its socket no longer than this. */
export const CLOSE_WAIT_MS_MAX = 2000;
/** A peer that sent too much has its frames kept in memory until the socket is gone: it gets less time for its close frame. */
const TOO_MUCH_WAIT_MS_MAX = 100;

export interface SessionDeps {
  subscriptions: Pick<SubscriptionService, 'subscribe'>;
  intake: Pick<Intake, 'publish' | 'publishAtomic' | 'backpressure' | 'refusedBefore'>;
  metrics: GatewayMetrics;
  log: Logger;
  limits: SessionConfig;
  heartbeatMs: number;
  maxEventBytes: number;
  /** Bounds what all sessions together hold of frames that are not complete. */
  unfinished: UnfinishedFrames;
  deflater: FrameDeflater;
  inflater: FrameInflater;
  quotaNotice?: Pick<QuotaNotice, 'requestRefused'> | undefined;
}

export interface SessionPeer {
  id: string;
  caller: SystemCaller;
  /** Digest of the token that the client authenticated with. */
  credential: string;
  encoding: Subprotocol;
  socket: WebSocket;
  /** The connection under the WebSocket. */
  tcp: Socket;
  /** The session negotiated compression. */
  isCompressed: boolean;
}

/**
 * One WebSocket connection of one system. Decodes its frames, hands them on in order of arrival, and answers what failed
 * with an error frame. Three things could make one session a burden for all others, and each has a bound here: a client
 * that does not read (the sink closes it), one that sends more than intake can take, or thousands of small frames at once (the
 * socket is not read meanwhile), and one that never completes a frame (bytes and time are counted over all sessions).
 *
 * Invariants: nothing is sent after the close frame; `ended` resolves only when the cursors and receipts of the session
 * are stored; the credential is the digest, the token itself is not kept.
 */
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
  readonly #unfinished: FrameWatch;
  readonly #frames = new TurnQueue<{ bytes: Buffer; isBinary: boolean }>(
    ({ bytes, isBinary }) => this.#take(bytes, isBinary),
    () => this.#flow(),
    () => turnShareOf(this.caller),
  );
  #feed: FrameParserFeed | undefined;
  /** Intake can take no more for now. */
  #isHeldBack = false;
  #isClosing = false;
  /** Code with which this side has closed. */
  #closedWith: number | undefined;

  constructor(
    private readonly peer: SessionPeer,
    private readonly deps: SessionDeps,
  ) {
    const { socket, tcp, caller, encoding } = peer;
    const { subscriptions, intake, metrics, limits, heartbeatMs } = deps;
    this.id = peer.id;
    this.caller = caller;
    this.credential = peer.credential;
    this.#codec = codecFor(encoding);
    const sink = new SocketSink(socket, tcp, {
      codec: this.#codec,
      maxBufferedBytes: limits.maxBufferedBytes,
      stalledMs: limits.stalledMs,
      deflated: peer.isCompressed ? (message) => deps.deflater.deflated(message) : undefined,
      onSlowConsumer: () => this.close(CLOSE_CODES.TOO_MUCH, 'the client does not read what it is sent'),
    });
    this.#sink = sink;
    this.#heartbeat = new Heartbeat({
      heartbeatMs,
      beat: (isSilent) => this.#beat(isSilent),
      lost: () => this.close(CLOSE_CODES.HEARTBEAT_LOST, 'no message, ping or pong for 3.5 heartbeats'),
    });
    this.#subscriptions = new SessionSubscriptions({
      session: this.id,
      caller,
      encoding,
      sink,
      service: subscriptions,
      metrics,
      limits,
    });
    this.#publisher = new SessionPublisher({
      caller,
      sink,
      intake,
      maxPublishEvents: limits.maxPublishEvents,
      pause: () => this.#pause(),
      resume: () => this.#resume(),
    });
    this.#unfinished = deps.unfinished.watch(tcp, (reason) => {
      this.close(CLOSE_CODES.TOO_MUCH, reason, TOO_MUCH_WAIT_MS_MAX);
      // Reading on for the answer to the close frame would take in the rest of what was too much.
      socket.pause();
    });
    if (peer.isCompressed) this.#boundInflating();
    this.ended = this.#untilClosed();
    this.#listen();
    sink.sendFrame({ kind: 'welcome', session: this.id, heartbeatMs, limits: this.#announcedLimits() });
  }

  /** Sends the close frame after what was sent before, and drops the connection if the peer has not answered in time. */
  close(code: number, reason: string, waitMs = CLOSE_WAIT_MS_MAX): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#heartbeat.stop();
    this.#closedWith = code;
    this.#sink.close();
    this.peer.socket.resume();
    this.peer.socket.close(code, reason);
    const timer = setTimeout(() => this.peer.socket.terminate(), waitMs);
    this.peer.socket.once('close', () => clearTimeout(timer));
    this.deps.log.info({ session: this.id, system: this.caller.id, code, reason }, 'session closed by the broker');
  }

  /** Calls back when everything that was sent, the close frame included, has left the process, or was dropped with the connection. */
  whenWritten(fn: () => void): void {
    this.#sink.whenWritten(fn, CLOSE_WAIT_MS_MAX);
  }

  /** Answers what was published, stores the cursors, then closes with 1001. */
  async drain(): Promise<void> {
    this.#isHeldBack = true;
    this.#flow();
    this.#heartbeat.pauseListening();
    await this.#frames.drained;
    await this.#publisher.settled();
    await this.#subscriptions.close();
    this.close(CLOSE_CODES.GOING_AWAY, 'the broker is going away, connect again');
    await this.ended;
  }

  /** Undefined while frames may be read; else resolves when it is worth asking again. */
  #untilHandled(): Promise<unknown> | undefined {
    if (this.#isClosing) return undefined;
    return this.#frames.isWaiting ? this.#frames.drained : this.#sink.untilAnswersTaken();
  }

  #boundInflating(): void {
    this.deps.inflater.watch(this.peer.socket, {
      share: turnShareOf(this.caller),
      isClosing: () => this.#isClosing,
      holds: (bytes) => this.#unfinished.received(bytes),
      handled: () => this.#frames.drained,
    });
  }

  #listen(): void {
    const { socket, tcp } = this.peer;
    this.#feed = new FrameParserFeed(socket, tcp, {
      received: (bytes) => this.#unfinished.received(bytes),
      ready: () => this.#untilHandled(),
      onIdle: () => this.#flow(),
      share: turnShareOf(this.caller),
    });
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('ping', (payload) => this.#hearControl(payload));
    socket.on('pong', (payload) => this.#hearControl(payload));
    // ws closes the connection itself (1009 beyond the hard limit, 1002 for broken framing).
    socket.on('error', (error) => this.deps.log.debug({ session: this.id, err: error }, 'socket error'));
  }

  async #untilClosed(): Promise<void> {
    const { socket, encoding } = this.peer;
    this.deps.metrics.sessionOpened(encoding);
    const code = await new Promise<number>((resolve) => socket.on('close', resolve));
    this.#heartbeat.stop();
    this.#sink.close();
    await this.#frames.drained;
    this.#isClosing = true;
    // A client that hangs does not answer the closing frame, and the socket ends with 1006 whatever the reason was.
    this.deps.metrics.sessionClosed(encoding, this.#closedWith ?? code, this.caller.party);
    await this.#subscriptions.close();
  }

  #hearControl(payload: Buffer): void {
    this.#unfinished.control(payload.length);
    this.#heartbeat.heard();
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#unfinished.complete();
    if (this.#isClosing) return;
    this.#heartbeat.heard();
    this.#frames.take({ bytes: data as Buffer, isBinary });
  }

  #take(bytes: Buffer, isBinary: boolean): void {
    if (this.#isClosing) return;
    let frame: ClientFrame;
    try {
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
    const failed = (error: unknown): void => {
      this.#refuse(error, 'ref' in frame ? { ref: frame.ref } : { channel: frame.channel });
    };
    try {
      this.#handle(frame)?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  /** Undefined for a frame that is handled at once, which nearly all are. */
  #handle(frame: ClientFrame): Promise<void> | undefined {
    switch (frame.kind) {
      case 'publish':
        this.#publisher.publish(frame);
        return undefined;
      case 'ack':
        this.#subscriptions.ack(frame);
        return undefined;
      case 'subscribe':
        return this.#subscriptions.subscribe(frame);
      case 'reject':
        return this.#subscriptions.reject(frame);
      case 'unsubscribe':
        return this.#subscriptions.unsubscribe(frame);
    }
  }

  /** An unexpected error tells the client nothing of its insides; the log has it. */
  #refuse(error: unknown, about: { ref?: string; channel?: number }): void {
    if (error instanceof QuotaError) this.deps.quotaNotice?.requestRefused(error, this.caller.party);
    else if (!(error instanceof SluiceError)) this.deps.log.error({ session: this.id, err: error }, 'frame failed');
    const { code, detail, earliest, ref } = toProblem(error);
    const where = { ...about, ...(ref === undefined ? {} : { ref }), ...(earliest === undefined ? {} : { earliest }) };
    this.#sink.sendFrame({ kind: 'error', ...where, code, message: detail });
  }

  #beat(isSilent: boolean): void {
    this.#unfinished.checkTime();
    this.#sink.sendHeartbeat(isSilent);
  }

  #pause(): void {
    this.deps.metrics.sessionPaused();
    this.#isHeldBack = true;
    this.#flow();
    this.#heartbeat.pauseListening();
  }

  #resume(): void {
    this.#isHeldBack = false;
    this.#flow();
    this.#heartbeat.resumeListening();
  }

  /** Reads the socket unless intake, or frames that were read already, hold it back. */
  #flow(): void {
    if (this.#isClosing) return;
    const { socket } = this.peer;
    if (this.#isHeldBack || this.#frames.isWaiting || this.#feed?.isWaiting()) socket.pause();
    else socket.resume();
  }

  #announcedLimits(): SessionLimits {
    const { maxFrameBytes, maxSubscriptions, maxCredit, maxPublishEvents } = this.deps.limits;
    return { maxFrameBytes, maxEventBytes: this.deps.maxEventBytes, maxSubscriptions, maxCredit, maxPublishEvents };
  }
}
