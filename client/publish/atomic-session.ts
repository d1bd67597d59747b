import type { PublishResult, ServerFrame } from '../../proto/frames/frames.js';
import { type ClientError, ConnectionLostError, ProtocolError } from '../errors.js';
import { joinedBytes } from '../joined-bytes.js';
import { openSession, type Session } from '../session/session.js';
import type { Connect } from '../session/transport.js';

export interface AtomicSessionOptions {
  url: string;
  token?: string | undefined;
  connect?: Connect | undefined;
  /** Closes the session. */
  signal: AbortSignal;
}

/** `{"kind":"publish","ref":"…","atomic":true,"events":[…]}` around the events. */
const FRAME_OVERHEAD_BYTES = 128;
const encoder = new TextEncoder();
const headOf = (ref: string): string => `{"kind":"publish","ref":"${ref}","atomic":true,"events":[`;
const TAIL = encoder.encode(']}');
/** The broker answers once the events are on disk. A minute without any answer means that the batch was lost. */
const ANSWER_TIMEOUT_MS = 60_000;

interface PendingBatch {
  events: number;
  resolve(results: PublishResult[]): void;
  reject(error: ClientError): void;
}

/**
 * Publishes atomic batches over one WebSocket with several of them in flight. One HTTP request per batch would spend a round
 * trip on each; several requests at a time could be stored in another order. Over a session the bus keeps the order, and after
 * a batch that it did not store it stores no later one.
 *
 * Invariants: batches are stored in the order of the calls; after any failure every batch in flight rejects and the session
 * accepts no more, so the caller knows from where to publish again by other means.
 */
export class AtomicSession {
  readonly #inFlight = new Map<string, PendingBatch>();
  #session: Session | undefined;
  #nextRef = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor() {}

  /** Rejects with ClientError when the session cannot be opened. */
  static async open(options: AtomicSessionOptions): Promise<AtomicSession> {
    const opened = new AtomicSession();
    const handlers = {
      frame: (frame: ServerFrame) => opened.#receive(frame),
      closed: (error: ClientError) => opened.#closed(error),
    };
    opened.#session = await openSession({ ...options, encoding: 'sluice.v1.json' }, handlers, options.signal);
    return opened;
  }

  get isOpen(): boolean {
    return this.#session !== undefined;
  }

  /** True when one frame of this bus holds the batch. `bytes` includes a comma per event. */
  fits(events: number, bytes: number): boolean {
    const limits = this.#session?.welcome.limits;
    if (!limits) return false;
    return events <= limits.maxPublishEvents && bytes + FRAME_OVERHEAD_BYTES <= limits.maxFrameBytes;
  }

  /**
   * Publishes events of one entry, as pieces of JSON that hold them with commas between them, and resolves with a result for each. Rejects
   * when their outcome is unknown.
   */
  publish(pieces: readonly Uint8Array[], events: number): Promise<PublishResult[]> {
    return new Promise((resolve, reject) => {
      const ref = String(this.#nextRef++);
      if (!this.#session) {
        reject(new ConnectionLostError('the session is closed'));
        return;
      }
      this.#inFlight.set(ref, { events, resolve, reject });
      this.#session.sendText(joinedBytes([encoder.encode(headOf(ref)), ...pieces, TAIL]));
      this.#restartAnswerTimeout();
    });
  }

  close(): void {
    this.#session?.close();
  }

  #receive(frame: ServerFrame): void {
    if (frame.kind !== 'published' && frame.kind !== 'error') return;
    const batch = frame.ref === undefined ? undefined : this.#inFlight.get(frame.ref);
    if (frame.kind === 'error') {
      // The frame may answer none of the batches, so the outcome of all of them is unknown and the session ends.
      throw new ProtocolError(frame.message, frame.code);
    }
    if (batch?.events !== frame.results.length)
      throw new ProtocolError('the bus answered with results that match no batch in flight');
    this.#inFlight.delete(frame.ref);
    batch.resolve(frame.results);
    this.#restartAnswerTimeout();
  }

  #restartAnswerTimeout(): void {
    clearTimeout(this.#timer);
    if (this.#inFlight.size === 0) return;
    const failure = new ConnectionLostError('the bus did not answer a batch in time');
    this.#timer = setTimeout(() => this.#session?.fail(failure), ANSWER_TIMEOUT_MS);
  }

  #closed(error: ClientError): void {
    clearTimeout(this.#timer);
    this.#session = undefined;
    for (const batch of this.#inFlight.values()) batch.reject(error);
    this.#inFlight.clear();
  }
}
