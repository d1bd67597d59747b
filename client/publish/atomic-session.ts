import type { PublishResult, ServerFrame } from '../../proto/frames/frames.js';
import { type ClientError, ConnectionLostError, ProtocolError } from '../errors.js';
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
/** The broker answers when the events are on disk; a minute without any answer means that it lost the question. */
const ANSWER_TIMEOUT_MS = 60_000;

interface PendingBatch {
  events: number;
  resolve(results: PublishResult[]): void;
  reject(error: ClientError): void;
}

/**
 * Atomic batches over one WebSocket, several under way at a time. The bus stores them in order, and behind one that it did not
 * store it takes none: after any failure the session is of no more use, and the caller sends on from there in another way.
 */
export class AtomicSession {
  readonly #inFlight = new Map<string, PendingBatch>();
  #session: Session | undefined;
  #nextRef = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor() {}

  /** Rejects with ClientError when there is no way to the bus. */
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

  /** False for a batch that no frame of this bus holds; `bytes` with a comma for each event. */
  fits(events: number, bytes: number): boolean {
    const limits = this.#session?.welcome.limits;
    if (!limits) return false;
    return events <= limits.maxPublishEvents && bytes + FRAME_OVERHEAD_BYTES <= limits.maxFrameBytes;
  }

  /** Events of one entry as JSON texts; resolves with a result for each. Rejects when it is not known what became of them. */
  publish(events: readonly string[]): Promise<PublishResult[]> {
    return new Promise((resolve, reject) => {
      const ref = String(this.#nextRef++);
      if (!this.#session) {
        reject(new ConnectionLostError('the session is closed'));
        return;
      }
      this.#inFlight.set(ref, { events: events.length, resolve, reject });
      this.#session.sendEncoded(`{"kind":"publish","ref":"${ref}","atomic":true,"events":[${events.join(',')}]}`);
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
      // It is known of no batch what became of it, and the session takes no more.
      throw new ProtocolError(frame.message, frame.code);
    }
    if (batch?.events !== frame.results.length) throw new ProtocolError('results that fit no batch');
    this.#inFlight.delete(frame.ref);
    batch.resolve(frame.results);
    this.#restartAnswerTimeout();
  }

  #restartAnswerTimeout(): void {
    clearTimeout(this.#timer);
    if (this.#inFlight.size === 0) return;
    const failure = new ConnectionLostError('the bus did not answer in time');
    this.#timer = setTimeout(() => this.#session?.fail(failure), ANSWER_TIMEOUT_MS);
  }

  #closed(error: ClientError): void {
    clearTimeout(this.#timer);
    this.#session = undefined;
    for (const batch of this.#inFlight.values()) batch.reject(error);
    this.#inFlight.clear();
  }
}
