import { type ErrorCode, type Problem, SluiceError } from '../../proto/errors.js';
import type { PublishResult } from '../../proto/frames/frames.js';
import { isRetryableProblem } from '../retryable.js';

/** One event to publish, encoded once. */
export interface OutgoingEvent {
  /** Its place in the order of publishing; it never changes. */
  ordinal: number;
  id: string;
  text: string;
  bytes: number;
  stored(result: { position: number; duplicate: boolean }): void;
  refused(problem: Problem): void;
  /** The publisher ended before the bus answered. */
  abandoned(error: Error): void;
}

export interface WindowLimits {
  /** Upper bounds of what is in flight: sent and not answered. */
  eventsMax: number;
  bytesMax: number;
  frameEventsMax: number;
  frameBytesMax: number;
}

/**
 * Decides what a publisher sends next, and keeps the order of the calls. With several frames in flight one event may get a
 * retryable problem while later ones are stored; sending that one again alone would reverse the order. Waiting for each
 * answer before the next frame would keep it at the cost of a round trip per frame. Instead nothing new is sent after a
 * retryable problem until everything in flight is answered; then that event and all behind it are sent again. The bus
 * recognises those that it has stored by their ids.
 *
 * Invariants: events are reported as stored in the order of their ordinals; each event is settled exactly once; at most
 * `eventsMax` events and `bytesMax` bytes are in flight, or one event that alone exceeds `bytesMax`.
 */
export class PublishWindow {
  #waiting: OutgoingEvent[] = [];
  readonly #frames = new Map<string, OutgoingEvent[]>();
  #toRetry: OutgoingEvent[] = [];
  #retryFrom = Number.POSITIVE_INFINITY;
  #retryCode: ErrorCode | undefined;
  #events = 0;
  #bytes = 0;
  #nextRef = 1;

  get waiting(): number {
    return this.#waiting.length + this.#toRetry.length;
  }
  get inFlight(): number {
    return this.#events;
  }
  /** True after a retryable problem: nothing new is sent until `retry`. */
  get isAwaitingRetry(): boolean {
    return this.#toRetry.length > 0;
  }
  /** Code of the latest retryable problem. */
  get retryReason(): ErrorCode | undefined {
    return this.#retryCode;
  }
  /** True when events have to be sent again and none is in flight any more. */
  get mustRetry(): boolean {
    return this.#toRetry.length > 0 && this.#frames.size === 0;
  }

  add(event: OutgoingEvent): void {
    this.#waiting.push(event);
  }

  /** The next frame to send; undefined when nothing is queued, the window is full, or a retry is due first. */
  nextFrame(limits: WindowLimits): { ref: string; events: OutgoingEvent[] } | undefined {
    if (this.#toRetry.length > 0) return undefined;
    this.#refuseTooLarge(limits.frameBytesMax);
    const capacity = Math.min(limits.frameEventsMax, limits.eventsMax - this.#events);
    let count = 0;
    let bytes = 0;
    while (count < capacity && count < this.#waiting.length) {
      const next = this.#waiting[count]!.bytes;
      const isOnlyInFlight = count === 0 && this.#events === 0;
      if (bytes + next > limits.frameBytesMax) break;
      if (!isOnlyInFlight && this.#bytes + bytes + next > limits.bytesMax) break;
      bytes += next;
      count++;
    }
    if (count === 0) return undefined;
    const events = this.#waiting.splice(0, count);
    const ref = String(this.#nextRef++);
    this.#frames.set(ref, events);
    this.#events += count;
    this.#bytes += bytes;
    return { ref, events };
  }

  /** False when the answer matches no frame in flight or has another number of results. */
  answered(ref: string, results: readonly PublishResult[]): boolean {
    const events = this.#frames.get(ref);
    if (events?.length !== results.length) return false;
    this.#removeFrame(ref, events);
    events.forEach((event, index) => {
      this.#settle(event, results[index]!);
    });
    return true;
  }

  /** Applies one problem to all events of a frame. False when the frame is not in flight. */
  frameRefused(ref: string, problem: Problem): boolean {
    const size = this.#frames.get(ref)?.length;
    return size !== undefined && this.answered(ref, new Array<PublishResult>(size).fill({ problem }));
  }

  /** After a lost connection every unanswered event may or may not be stored, so all of them are sent again. */
  connectionLost(): void {
    for (const [ref, events] of [...this.#frames]) {
      this.#removeFrame(ref, events);
      for (const event of events) this.#enqueueRetry(event);
    }
  }

  /** Queues the events to retry, in their order, before all others. */
  retry(): void {
    if (this.#toRetry.length === 0) return;
    this.#waiting = [...this.#toRetry.sort((a, b) => a.ordinal - b.ordinal), ...this.#waiting];
    this.#toRetry = [];
    this.#retryFrom = Number.POSITIVE_INFINITY;
  }

  /** Removes and returns every event without a final answer. */
  takeUnanswered(): OutgoingEvent[] {
    this.connectionLost();
    this.retry();
    return this.#waiting.splice(0);
  }

  /** An event larger than a frame would end the connection, and again after each reconnect. */
  #refuseTooLarge(frameBytesMax: number): void {
    while (this.#waiting[0] && this.#waiting[0].bytes > frameBytesMax) {
      const event = this.#waiting.shift()!;
      const message = `the event has ${event.bytes} bytes, a frame holds ${frameBytesMax}`;
      event.refused(new SluiceError('TOO_LARGE', message, { event: event.id }).toProblem());
    }
  }

  #settle(event: OutgoingEvent, { problem, position, duplicate }: PublishResult): void {
    if (problem && !isRetryableProblem(problem)) {
      event.refused(problem);
      return;
    }
    if (problem) this.#retryCode = problem.code;
    if (problem || position === undefined || event.ordinal > this.#retryFrom) this.#enqueueRetry(event);
    else event.stored({ position, duplicate: duplicate === true });
  }

  #enqueueRetry(event: OutgoingEvent): void {
    this.#toRetry.push(event);
    this.#retryFrom = Math.min(this.#retryFrom, event.ordinal);
  }

  #removeFrame(ref: string, events: OutgoingEvent[]): void {
    this.#frames.delete(ref);
    this.#events -= events.length;
    for (const event of events) this.#bytes -= event.bytes;
  }
}
