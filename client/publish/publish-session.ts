import { type ErrorCode, type Problem, SluiceError } from '../../proto/errors.js';
import type { ErrorFrame, ServerFrame } from '../../proto/frames/frames.js';
import { type ClientError, ConnectionLostError, ProtocolError } from '../errors.js';
import { pause } from '../pause.js';
import { DEFAULT_RECONNECT_POLICY, reconnectDelayMs } from '../reconnect-policy.js';
import { openSession, type Session } from '../session/session.js';
import type { PublishWindow, WindowLimits } from './publish-window.js';
import type { PublisherOptions } from './publisher-options.js';

/** Four full frames, which keep a broker with group commit busy over a slow network. */
const IN_FLIGHT_EVENTS = 2_000;
const IN_FLIGHT_BYTES = 8 * 1024 * 1024;
/** A larger frame would only delay its answers. */
const FRAME_EVENTS = 500;
/** `{"kind":"publish","ref":"…","events":[…]}` around the events. */
const FRAME_OVERHEAD_BYTES = 128;
/** The broker answers once the event is on disk. A minute without any answer means that the frame was lost. */
const ANSWER_TIMEOUT_MS = 60_000;

/**
 * The connection of a publisher. It sends the frames that the window yields, reconnects after a loss, retries after a backoff,
 * and ends on an error that no retry mends. The window decides what is sent and in which order, so that order survives a
 * reconnect; this class only decides when.
 */
export class PublishSession {
  #session: Session | undefined;
  #running: Promise<void> | undefined;
  #attempt = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #answerTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly options: PublisherOptions,
    private readonly window: PublishWindow,
    private readonly stop: AbortSignal,
    private readonly onFatal: (error: ClientError) => void,
  ) {}

  /** Sends every frame that the window yields now. The first call opens the connection. */
  pump(): void {
    this.#running ??= this.#run();
    if (!this.#session) return;
    const limits = this.#limits(this.#session);
    for (let frame = this.window.nextFrame(limits); frame; frame = this.window.nextFrame(limits)) {
      const events = frame.events.map((event) => event.text).join(',');
      this.#session.sendEncoded(`{"kind":"publish","ref":"${frame.ref}","events":[${events}]}`);
    }
    this.#restartAnswerTimeout();
  }

  /** Resolves when the connection is closed, after the stop signal. */
  async ended(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.stop.aborted) {
      const error = await this.#connectOnce();
      this.#session = undefined;
      clearTimeout(this.#retryTimer);
      clearTimeout(this.#answerTimer);
      this.window.connectionLost();
      this.window.retry();
      if (this.stop.aborted) break;
      if (!error.retryable) {
        this.onFatal(error);
        break;
      }
      await pause(this.#nextDelay(error), this.stop);
    }
  }

  /** Resolves with the reason why one connection ended, or could not be opened. */
  #connectOnce(): Promise<ClientError> {
    return new Promise((resolve) => {
      const handlers = { frame: (frame: ServerFrame) => this.#receive(frame), closed: resolve };
      const opening = openSession({ ...this.options, encoding: 'sluice.v1.json' }, handlers, this.stop);
      opening.then((session) => {
        this.#session = session;
        this.options.onState?.({ kind: 'connected', session: session.welcome.session });
        this.pump();
      }, resolve);
    });
  }

  #limits({ welcome: { limits } }: Session): WindowLimits {
    return {
      eventsMax: this.options.inFlightEvents ?? IN_FLIGHT_EVENTS,
      bytesMax: this.options.inFlightBytes ?? IN_FLIGHT_BYTES,
      frameEventsMax: Math.min(limits.maxPublishEvents, FRAME_EVENTS),
      frameBytesMax: limits.maxFrameBytes - FRAME_OVERHEAD_BYTES,
    };
  }

  #receive(frame: ServerFrame): void {
    if (frame.kind === 'error') this.#frameRefused(frame);
    else if (frame.kind !== 'published') return;
    else if (!this.window.answered(frame.ref, frame.results))
      throw new ProtocolError('the bus answered with results that match no frame in flight');
    if (this.window.mustRetry) this.#retryLater();
    else if (!this.window.isAwaitingRetry) this.#attempt = 0;
    this.pump();
  }

  #frameRefused(frame: ErrorFrame): void {
    const isKnown = frame.ref !== undefined && this.window.frameRefused(frame.ref, problemOf(frame));
    if (!isKnown) throw new ProtocolError(frame.message, frame.code);
  }

  #retryLater(): void {
    const delayMs = this.#nextDelay(new ConnectionLostError('the bus asked to retry later', this.window.retryReason));
    this.#retryTimer = setTimeout(() => {
      this.window.retry();
      this.pump();
    }, delayMs);
  }

  #nextDelay(error: ClientError): number {
    const policy = this.options.reconnect ?? DEFAULT_RECONNECT_POLICY;
    const retryInMs = reconnectDelayMs(this.#attempt++, policy, Math.random);
    this.options.onState?.({ kind: 'waiting', error, retryInMs });
    return retryInMs;
  }

  #restartAnswerTimeout(): void {
    clearTimeout(this.#answerTimer);
    if (this.window.inFlight === 0) return;
    this.#answerTimer = setTimeout(() => {
      this.#session?.fail(new ConnectionLostError('the bus did not answer in time'));
    }, ANSWER_TIMEOUT_MS);
  }
}

function problemOf({ code, message }: { code: ErrorCode; message: string }): Problem {
  return new SluiceError(code, message).toProblem();
}
