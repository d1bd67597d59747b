import { ERROR_KINDS, type ErrorCode, type Problem, SluiceError } from '../../proto/errors.js';
import type { PublishResult } from '../../proto/frames/frames.js';

/** One event on its way, encoded once; its place in the order never changes. */
export interface Outgoing {
  place: number;
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
  #waiting: Outgoing[] = [];
  readonly #frames = new Map<string, Outgoing[]>();
  #again: Outgoing[] = [];
  #againFrom = Number.POSITIVE_INFINITY;
  #laterCode: ErrorCode | undefined;
  #events = 0;
  #bytes = 0;
  #nextRef = 1;

  get waiting(): number {
    return this.#waiting.length + this.#again.length;
  }
  get inFlight(): number {
    return this.#events;
  }
  /** True when an answer said "later": nothing new is sent until `retry`. */
  get isHeldBack(): boolean {
    return this.#again.length > 0;
  }
  /** Code of the latest problem that said so. */
  get heldBackBy(): ErrorCode | undefined {
    return this.#laterCode;
  }
  /** True when something has to be sent again and nothing is under way any more. */
  get mustRetry(): boolean {
    return this.#again.length > 0 && this.#frames.size === 0;
  }

  add(event: Outgoing): void {
    this.#waiting.push(event);
  }

  /** The next frame to send; undefined when nothing waits, the window is full, or a retry is due first. */
  nextFrame(limits: WindowLimits): { ref: string; events: Outgoing[] } | undefined {
    if (this.#again.length > 0) return undefined;
    this.#refuseTooLarge(limits.frameBytesMax);
    const room = Math.min(limits.frameEventsMax, limits.eventsMax - this.#events);
    let count = 0;
    let bytes = 0;
    while (count < room && count < this.#waiting.length) {
      const next = this.#waiting[count]!.bytes;
      const isFirstUnderWay = count === 0 && this.#events === 0;
      if (bytes + next > limits.frameBytesMax) break;
      if (!isFirstUnderWay && this.#bytes + bytes + next > limits.bytesMax) break;
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
    this.#forget(ref, events);
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
  lost(): void {
    for (const [ref, events] of [...this.#frames]) {
      this.#forget(ref, events);
      for (const event of events) this.#sendAgain(event);
    }
  }

  /** Puts what has to be sent again in front, in its order. */
  retry(): void {
    if (this.#again.length === 0) return;
    this.#waiting = [...this.#again.sort((a, b) => a.place - b.place), ...this.#waiting];
    this.#again = [];
    this.#againFrom = Number.POSITIVE_INFINITY;
  }

  /** Takes out everything that has no final answer. */
  drop(): Outgoing[] {
    this.lost();
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

  #settle(event: Outgoing, { problem, position, duplicate }: PublishResult): void {
    if (problem && !isForLater(problem)) {
      event.refused(problem);
      return;
    }
    if (problem) this.#laterCode = problem.code;
    if (problem || position === undefined || event.place > this.#againFrom) this.#sendAgain(event);
    else event.stored({ position, duplicate: duplicate === true });
  }

  #sendAgain(event: Outgoing): void {
    this.#again.push(event);
    this.#againFrom = Math.min(this.#againFrom, event.place);
  }

  #forget(ref: string, events: Outgoing[]): void {
    this.#frames.delete(ref);
    this.#events -= events.length;
    for (const event of events) this.#bytes -= event.bytes;
  }
}

/** A code that this client does not know yet is judged by its HTTP status. */
function isForLater(problem: Problem): boolean {
  return ERROR_KINDS[problem.code]?.retryable ?? (problem.status === 429 || problem.status >= 500);
}
