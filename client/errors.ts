import { ERROR_KINDS, type ErrorCode, type LawfulProblem, type Problem } from '../proto/errors.js';
import { isErrorCode, isRetryableProblem } from './retryable.js';

/** Codes of failures that this side detects; every other error carries a code of the bus. */
export type ClientCode = 'CONNECTION_LOST' | 'PROTOCOL_BROKEN' | 'CLIENT_CLOSED' | 'QUEUE_FULL';

/** Base of everything that the client throws. Messages name positions, ids and items, never a value and never a token. */
export class ClientError extends Error {
  override readonly name: string = 'ClientError';
  constructor(
    readonly code: ErrorCode | ClientCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** True when the same attempt can succeed later although nobody changes anything. */
  get retryable(): boolean {
    return isErrorCode(this.code) && ERROR_KINDS[this.code].retryable;
  }
}

/** The connection was lost or could not be opened. Subscriber and publisher reconnect by themselves. */
export class ConnectionLostError extends ClientError {
  override readonly name = 'ConnectionLostError';
  constructor(message: string, code: ErrorCode | 'CONNECTION_LOST' = 'CONNECTION_LOST', options?: ErrorOptions) {
    super(code, message, options);
  }
  override get retryable(): boolean {
    return true;
  }
}

/** The credential is missing, is not valid, or may not do this. */
export class AuthenticationError extends ClientError {
  override readonly name = 'AuthenticationError';
}

/** One side broke the protocol: a malformed frame, an unknown channel, positions that go backward. */
export class ProtocolError extends ClientError {
  override readonly name = 'ProtocolError';
  constructor(message: string, code: ErrorCode | 'PROTOCOL_BROKEN' = 'PROTOCOL_BROKEN', options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** The log no longer has the events after the requested position. The caller decides whether to go on without them. */
export class GapError extends ClientError {
  override readonly name = 'GapError';
  constructor(
    message: string,
    /** Last position that the caller received before the gap. */
    readonly lastPosition: number | undefined,
    /** Earliest position that the log still has. */
    readonly earliest: number | undefined,
  ) {
    super('POSITION_GONE', message);
  }
}

/** The grant delivers nothing now: it is suspended, terminated, expired or not in force, or its entry was withdrawn. */
export class RevokedError extends ClientError {
  override readonly name = 'RevokedError';
}

/** A newer session has taken over the same grant and cursor. */
export class SupersededError extends ClientError {
  override readonly name = 'SupersededError';
  constructor(message: string) {
    super('SUPERSEDED', message);
  }
}

/** The bus refused to start the subscription as requested. */
export class SubscriptionRefusedError extends ClientError {
  override readonly name = 'SubscriptionRefusedError';
}

/** The bus refused one event for good: sent again, it is refused again. */
export class PublishRefusedError extends ClientError {
  override readonly name = 'PublishRefusedError';
  constructor(
    readonly eventId: string,
    readonly problem: Problem,
  ) {
    super(problem.code, `event ${eventId}: ${problem.detail}`);
  }
  override get retryable(): boolean {
    return isRetryableProblem(this.problem);
  }
  get item(): string | undefined {
    return this.problem.item;
  }
  get entry(): string | undefined {
    return this.problem.entry;
  }
}

/** The publisher's queue is full. Await `ready()` between calls of `publish`. */
export class QueueFullError extends ClientError {
  override readonly name = 'QueueFullError';
  constructor(eventsMax: number) {
    super('QUEUE_FULL', `${eventsMax} events are queued, which is the limit; await ready() before publishing more`);
  }
}

/** The publisher was closed before the bus answered: the event may or may not be stored. */
export class ClientClosedError extends ClientError {
  override readonly name = 'ClientClosedError';
  constructor(message: string) {
    super('CLIENT_CLOSED', message);
  }
}

/** The bus answered an HTTP call with a problem document. */
export class ApiError extends ClientError {
  override readonly name = 'ApiError';
  constructor(
    readonly problem: Problem,
    /** Pause that the bus asks for before the next attempt. */
    readonly retryAfterMs: number | undefined,
  ) {
    super(problem.code, problem.detail);
  }
  override get retryable(): boolean {
    return isRetryableProblem(this.problem);
  }
  get status(): number {
    return this.problem.status;
  }
  /** Article of the Regulations behind the refusal, `R21`. */
  get article(): string | undefined {
    return this.problem.article;
  }
  /** Everything that is wrong, with its path in the body; older calls name a text alone. */
  get problems(): readonly LawfulProblem[] {
    const { code, problems = [] } = this.problem;
    return problems.map((one) => (typeof one === 'string' ? { path: '', code, text: one } : one));
  }
}
