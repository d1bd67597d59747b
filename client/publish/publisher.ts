import type { SourceEvent } from '../../proto/event/event.js';
import { ClientClosedError, type ClientError, PublishRefusedError, QueueFullError } from '../errors.js';
import { checkBusSettings } from '../service-settings.js';
import { PublishSession } from './publish-session.js';
import { PublishWindow } from './publish-window.js';
import type { Published, PublisherOptions } from './publisher-options.js';

/** Several seconds of a busy source, some 10 MB at a usual event size. */
const QUEUE_EVENTS = 10_000;

/** A flush in progress: the number of events before it that have no answer yet. */
interface Flush {
  beforeOrdinal: number;
  unanswered: number;
  resolve(): void;
}

/**
 * Publishes events in the order of the calls over one connection, with many in flight. A lost connection or an unavailable
 * store leaves it unknown which events are stored; letting those calls reject would make every application write the same
 * retry loop, and most would change the order. So the publisher retries with the same ids, by which the bus recognises what it
 * has, and rejects only what the bus refuses for good.
 *
 * Invariants: events are stored in the order of the calls; a call settles exactly once; at most `queueEvents` events have no
 * answer. The first call of `publish` opens the connection.
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
    checkBusSettings(options); // settings that can never work would look like an outage at every attempt
    this.#queueEvents = options.queueEvents ?? QUEUE_EVENTS;
    this.#session = new PublishSession(options, this.#window, this.#stop.signal, (error) => this.#end(error));
    const abort = () => this.#end(new ClientClosedError('publishing was stopped'));
    if (options.signal?.aborted) abort();
    options.signal?.addEventListener('abort', abort, { once: true, signal: this.#stop.signal });
  }

  /** Resolves when the bus has the event on disk. Rejects with PublishRefusedError, or when the publisher itself ends. */
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

  /** Backpressure: resolves when the queue has capacity. Await it between calls of `publish` that are not awaited themselves. */
  ready(): Promise<void> {
    if (this.#unanswered < this.#queueEvents) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waitingForCapacity.push(resolve);
    });
  }

  /** Resolves when every event published so far has an answer of any kind. */
  flush(): Promise<void> {
    if (this.#unanswered === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#flushes.add({ beforeOrdinal: this.#nextOrdinal, unanswered: this.#unanswered, resolve });
    });
  }

  /** Accepts no more events, waits for the answers, and closes the connection. Safe to call twice. */
  async close(): Promise<void> {
    this.#closeReason ??= new ClientClosedError('the publisher is closed');
    await this.flush();
    this.#stop.abort();
    await this.#session.ended();
  }

  /** Defers sending to the end of the turn, so that all its calls share a frame. */
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
