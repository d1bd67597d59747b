import { SluiceError } from '../../proto/errors.js';
import { codecFor, type FrameCodec } from '../../proto/frames/frame-codec.js';
import type { ClientFrame, ServerFrame, Subprotocol, WelcomeFrame } from '../../proto/frames/frames.js';
import { CLOSE_CODES } from '../../proto/frames/frames.js';
import { streamUrl } from '../bus-url.js';
import { ClientError, ConnectionLostError, ProtocolError } from '../errors.js';
import { errorOfClosing } from './close-error.js';
import { livenessAt } from './liveness.js';
import { loadTransport } from './load-transport.js';
import type { Connect, Transport } from './transport.js';

export interface SessionOptions {
  url: string;
  token?: string | undefined;
  encoding?: Subprotocol | undefined;
  compression?: boolean | undefined;
  /** Replaces the WebSocket of the platform, for tests. */
  connect?: Connect | undefined;
}

/** `frame` may throw ProtocolError, which ends the session. `closed` is called once and last. */
export interface SessionHandlers {
  frame(frame: ServerFrame): void;
  closed(error: ClientError): void;
}

/** Bounds upgrade and welcome together. */
const WELCOME_TIMEOUT_MS = 15_000;
/** When the liveness timer fires late, because this process was busy, frames may be waiting unread: they get this long to be read. */
const LIVENESS_GRACE_MS = 200;
const NORMAL_CLOSE = 1000;

/** Resolves once the bus has sent its welcome frame; rejects with the reason when it does not. */
export async function openSession(
  options: SessionOptions,
  handlers: SessionHandlers,
  signal: AbortSignal,
): Promise<Session> {
  const connect = options.connect ?? (await loadTransport());
  return new Promise<Session>((resolve, reject) => {
    let welcomed = false;
    const session = new Session(options, connect, {
      frame: (frame) => {
        if (welcomed) return handlers.frame(frame);
        if (frame.kind !== 'welcome') throw new ProtocolError(`the first frame was ${frame.kind}, not welcome`);
        welcomed = true;
        clearTimeout(timeout);
        resolve(session);
      },
      closed: (error) => {
        clearTimeout(timeout);
        signal.removeEventListener('abort', abort);
        if (welcomed) handlers.closed(error);
        else reject(error);
      },
    });
    const abort = () => session.close();
    const timeout = setTimeout(
      () => session.fail(new ConnectionLostError('the bus sent no welcome frame in time')),
      WELCOME_TIMEOUT_MS,
    );
    if (signal.aborted) session.close();
    else signal.addEventListener('abort', abort);
  });
}

/**
 * One WebSocket connection to the bus: encodes and decodes frames and monitors the heartbeat. TCP does not report a peer that
 * vanished without closing, and a read timeout alone would fire while this process itself is too busy to read; so a session
 * counts as lost after `SILENT_HEARTBEATS_MAX` intervals and a grace period in which unread frames are read first.
 *
 * Invariants: no frame other than `welcome` reaches the handlers before the welcome; `closed` is called exactly once, and no
 * frame is handed over after it.
 */
export class Session {
  readonly #codec: FrameCodec;
  readonly #transport: Transport;
  readonly #handlers: SessionHandlers;
  #welcome: WelcomeFrame | undefined;
  #lastHeardMs = performance.now();
  #livenessTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: SessionOptions, connect: Connect, handlers: SessionHandlers) {
    this.#codec = codecFor(options.encoding ?? 'sluice.v1.json');
    this.#handlers = handlers;
    const { url, token, compression = false } = options;
    const target = { url: streamUrl(url), protocol: this.#codec.protocol, token, compression };
    this.#transport = connect(target, {
      message: (data, isBinary) => this.#receive(data, isBinary),
      closed: (closing) => this.#closed(errorOfClosing(closing)),
    });
  }

  /** Available once `openSession` has resolved. */
  get welcome(): WelcomeFrame {
    if (!this.#welcome) throw new TypeError('the session has not received its welcome frame');
    return this.#welcome;
  }

  send(frame: ClientFrame): void {
    if (!this.#isClosed) this.#transport.send(this.#codec.encode(frame));
  }

  /** Sends a frame that the caller has encoded. */
  sendEncoded(message: string | Uint8Array): void {
    if (!this.#isClosed) this.#transport.send(message);
  }

  /** Sends a text frame that the caller has encoded in UTF-8. */
  sendText(utf8: Uint8Array): void {
    if (!this.#isClosed) this.#transport.sendText(utf8);
  }

  /** Starts the closing handshake and reports the session as closed. */
  close(): void {
    if (this.#isClosed) return;
    this.#transport.close(NORMAL_CLOSE, '');
    this.#closed(new ConnectionLostError('the session was closed by this side'));
  }

  /** Ends the session with `error` as its reason. */
  fail(error: ClientError, closeCode: number = NORMAL_CLOSE): void {
    if (this.#isClosed) return;
    // A close reason holds 123 bytes at most, so the peer gets the code and the caller the whole error.
    this.#transport.close(closeCode, error.code);
    this.#closed(error);
  }

  #receive(data: Uint8Array, isBinary: boolean): void {
    if (this.#isClosed) return;
    this.#lastHeardMs = performance.now();
    try {
      const frame = this.#codec.decodeServer(data, isBinary);
      if (frame.kind === 'welcome') this.#welcomed(frame);
      if (frame.kind !== 'heartbeat') this.#handlers.frame(frame);
    } catch (error) {
      const known = toClientError(error);
      this.fail(known, known instanceof ProtocolError ? CLOSE_CODES.BAD_FRAME : NORMAL_CLOSE);
    }
  }

  #welcomed(welcome: WelcomeFrame): void {
    this.#welcome = welcome;
    this.#scheduleLivenessCheck(welcome.heartbeatMs);
  }

  #scheduleLivenessCheck(delayMs: number): void {
    this.#livenessTimer = setTimeout(() => this.#checkLiveness(LIVENESS_GRACE_MS), delayMs);
  }

  #checkLiveness(graceMs: number): void {
    const liveness = livenessAt(performance.now(), this.#lastHeardMs, this.welcome.heartbeatMs);
    if (liveness.isAlive) this.#scheduleLivenessCheck(liveness.checkInMs);
    else if (graceMs > 0) this.#livenessTimer = setTimeout(() => this.#checkLiveness(0), graceMs);
    else this.#heartbeatLost(Math.round(liveness.silentMs));
  }

  #heartbeatLost(silentMs: number): void {
    this.fail(new ConnectionLostError(`the bus sent nothing for ${silentMs} ms`), CLOSE_CODES.HEARTBEAT_LOST);
    this.#transport.terminate();
  }

  #closed(error: ClientError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#livenessTimer);
    this.#handlers.closed(error);
  }
}

function toClientError(error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  const code = error instanceof SluiceError ? error.code : 'PROTOCOL_BROKEN';
  const message = error instanceof Error ? error.message : 'a frame could not be decoded';
  return new ProtocolError(message, code, { cause: error });
}
