import type { SourceEvent } from '../../proto/event/event.js';
import { streamUrl } from '../bus-url.js';
import { ClientClosedError, type ClientError, PublishRefusedError, QueueFullError } from '../errors.js';
import { PublishSession } from './publish-session.js';
import { PublishWindow } from './publish-window.js';
import type { Published, PublisherOptions } from './publisher-options.js';

/** Several seconds of a busy source; at the default event size limit far from what a process can hold only if all are huge. */
const QUEUE_EVENTS = 10_000;

/** A flush in progress: how many of the events given before it are still without an answer. */
interface Flush {
  beforeOrdinal: number;
  unanswered: number;
  resolve(): void;
}

/**
 * Publishes in the order of the calls, many at a time. Troubles that pass (a lost connection, a store that is away) are
 * waited out and the same ids sent again; only what the bus refuses for good rejects. Connects when first used.
 */
export class Publisher {
  readonly #window = new PublishWindow();
  readonly #stop = new AbortController();
  readonly #session: PublishSession;
  readonly #queueEvents: number;
  readonly #flushes = new Set<Flush>();
  #waitingForCapacity: (() => void)[] = [];
  #nextOrdinal = 0;
  #unanswered = 0;
  #pumpIsScheduled = false;
  #closeReason: ClientError | undefined;

  constructor(options: PublisherOptions) {
    streamUrl(options.url); // a wrong address should fail here and not on every attempt
    this.#queueEvents = options.queueEvents ?? QUEUE_EVENTS;
    this.#session = new PublishSession(options, this.#window, this.#stop.signal, (error) => this.#end(error));
    const abort = () => this.#end(new ClientClosedError('publishing was stopped'));
    if (options.signal?.aborted) abort();
    options.signal?.addEventListener('abort', abort, { once: true, signal: this.#stop.signal });
  }

  /** Resolves when the event is on disk at the bus. Rejects with PublishRefusedError, or when the publisher itself ends. */
  publish(event: SourceEvent): Promise<Published> {
    if (this.#closeReason) return Promise.reject(this.#closeReason);
    if (this.#unanswered >= this.#queueEvents) return Promise.reject(new QueueFullError(this.#queueEvents));
    const text = JSON.stringify(event);
    const ordinal = this.#nextOrdinal++;
    this.#unanswered++;
    return new Promise<Published>((resolve, reject) => {
      this.#window.add({
        ordinal,
        id: event.id,
        text,
        bytes: utf8Bytes(text) + 1,
        stored: resolve,
        refused: (problem) => reject(new PublishRefusedError(event.id, problem)),
        abandoned: reject,
      });
      this.#schedulePump();
    }).finally(() => this.#answered(ordinal));
  }

  /** Resolves when there is room for more events: await it between calls of `publish` that are not awaited themselves. */
  ready(): Promise<void> {
    if (this.#unanswered < this.#queueEvents) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waitingForCapacity.push(resolve);
    });
  }

  /** Resolves when every event given so far has its answer, of whatever kind. */
  flush(): Promise<void> {
    if (this.#unanswered === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#flushes.add({ beforeOrdinal: this.#nextOrdinal, unanswered: this.#unanswered, resolve });
    });
  }

  /** Takes nothing new, waits for the answers, closes the connection. Safe to call twice. */
  async close(): Promise<void> {
    this.#closeReason ??= new ClientClosedError('the publisher is closed');
    await this.flush();
    this.#stop.abort();
    await this.#session.ended();
  }

  /** All calls of one turn of the event loop share a frame. */
  #schedulePump(): void {
    if (this.#pumpIsScheduled) return;
    this.#pumpIsScheduled = true;
    queueMicrotask(() => {
      this.#pumpIsScheduled = false;
      if (!this.#stop.signal.aborted) this.#session.pump();
    });
  }

  #answered(ordinal: number): void {
    this.#unanswered--;
    for (const flush of this.#flushes) {
      if (ordinal < flush.beforeOrdinal) flush.unanswered--;
      if (flush.unanswered > 0) continue;
      this.#flushes.delete(flush);
      flush.resolve();
    }
    if (this.#unanswered > this.#queueEvents / 2) return;
    const waiting = this.#waitingForCapacity.splice(0);
    for (const resume of waiting) resume();
  }

  #end(error: ClientError): void {
    this.#closeReason = error;
    this.#stop.abort();
    for (const event of this.#window.takeUnanswered()) event.abandoned(error);
  }
}

const encoder = new TextEncoder();

function utf8Bytes(text: string): number {
  return encoder.encode(text).length;
}
