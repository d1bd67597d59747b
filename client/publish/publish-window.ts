import { ERROR_KINDS, type ErrorCode, type Problem, SluiceError } from '../../proto/errors.js';
import type { PublishResult } from '../../proto/frames/frames.js';

/** One event on its way, encoded once; its place in the order never changes. */
export interface OutgoingEvent {
  ordinal: number;
  id: string;
  text: string;
  bytes: number;
  stored(result: { position: number; duplicate: boolean }): void;
  refused(problem: Problem): void;
  /** The publisher ended before there was an answer. */
  abandoned(error: Error): void;
}

export interface WindowLimits {
  /** Events and bytes that may be sent and not yet answered. */
  eventsMax: number;
  bytesMax: number;
  frameEventsMax: number;
  frameBytesMax: number;
}

/**
 * The order of what is to be published. After an answer that says "later" nothing new is sent until everything under way is
 * answered; then that event and all behind it go again, so the bus gets them in the order in which they were given. Those
 * behind it that were stored meanwhile are known to the bus by their ids.
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
  /** True when an answer said "later": nothing new is sent until `retry`. */
  get isAwaitingRetry(): boolean {
    return this.#toRetry.length > 0;
  }
  /** Code of the latest problem that said so. */
  get retryReason(): ErrorCode | undefined {
    return this.#retryCode;
  }
  /** True when something has to be sent again and nothing is under way any more. */
  get mustRetry(): boolean {
    return this.#toRetry.length > 0 && this.#frames.size === 0;
  }

  add(event: OutgoingEvent): void {
    this.#waiting.push(event);
  }

  /** The next frame to send; undefined when nothing waits, the window is full, or a retry is due first. */
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

  /** False when the answer fits no frame under way or has another number of results. */
  answered(ref: string, results: readonly PublishResult[]): boolean {
    const events = this.#frames.get(ref);
    if (events?.length !== results.length) return false;
    this.#removeFrame(ref, events);
    events.forEach((event, index) => {
      this.#settle(event, results[index]!);
    });
    return true;
  }

  /** The frame as a whole got `problem`. */
  frameRefused(ref: string, problem: Problem): boolean {
    const size = this.#frames.get(ref)?.length;
    return size !== undefined && this.answered(ref, new Array<PublishResult>(size).fill({ problem }));
  }

  /** The connection is gone: whatever has no answer may or may not be stored. */
  connectionLost(): void {
    for (const [ref, events] of [...this.#frames]) {
      this.#removeFrame(ref, events);
      for (const event of events) this.#enqueueRetry(event);
    }
  }

  /** Puts what has to be sent again in front, in its order. */
  retry(): void {
    if (this.#toRetry.length === 0) return;
    this.#waiting = [...this.#toRetry.sort((a, b) => a.ordinal - b.ordinal), ...this.#waiting];
    this.#toRetry = [];
    this.#retryFrom = Number.POSITIVE_INFINITY;
  }

  /** Takes out everything that has no final answer. */
  takeUnanswered(): OutgoingEvent[] {
    this.connectionLost();
    this.retry();
    return this.#waiting.splice(0);
  }

  /** One that fits no frame would cost the connection, and again after each reconnect. */
  #refuseTooLarge(frameBytesMax: number): void {
    while (this.#waiting[0] && this.#waiting[0].bytes > frameBytesMax) {
      const event = this.#waiting.shift()!;
      const message = `the event has ${event.bytes} bytes, a frame holds ${frameBytesMax}`;
      event.refused(new SluiceError('TOO_LARGE', message, { event: event.id }).toProblem());
    }
  }

  #settle(event: OutgoingEvent, { problem, position, duplicate }: PublishResult): void {
    if (problem && !isRetryable(problem)) {
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

/** A code that this client does not know yet is judged by its HTTP status. */
function isRetryable(problem: Problem): boolean {
  return ERROR_KINDS[problem.code]?.retryable ?? (problem.status === 429 || problem.status >= 500);
}
