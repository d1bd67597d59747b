import { ERROR_KINDS, type ErrorCode, type Problem } from '../proto/errors.js';

/** What can go wrong on this side of the wire; everything else carries a code of the bus. */
export type ClientCode = 'CONNECTION_LOST' | 'PROTOCOL_BROKEN' | 'CLIENT_CLOSED' | 'QUEUE_FULL';

/** Anything that the client throws. Messages name positions, ids and items, never values and never a token. */
export class ClientError extends Error {
  override readonly name: string = 'ClientError';
  constructor(
    readonly code: ErrorCode | ClientCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** True when the same attempt can succeed later without anybody changing anything. */
  get retryable(): boolean {
    return this.code in ERROR_KINDS && ERROR_KINDS[this.code as ErrorCode].retryable;
  }
}

/** The connection went away or could not be made. The client mends this by itself. */
export class ConnectionLostError extends ClientError {
  override readonly name = 'ConnectionLostError';
  constructor(message: string, code: ErrorCode | 'CONNECTION_LOST' = 'CONNECTION_LOST', options?: ErrorOptions) {
    super(code, message, options);
  }
  override get retryable(): boolean {
    return true;
  }
}

/** The credential is missing, not valid or not allowed here. */
export class AuthenticationError extends ClientError {
  override readonly name = 'AuthenticationError';
}

/** The other side, or this one, broke the protocol: a malformed frame, an unknown channel, positions that go backward. */
export class ProtocolError extends ClientError {
  override readonly name = 'ProtocolError';
  constructor(message: string, code: ErrorCode | 'PROTOCOL_BROKEN' = 'PROTOCOL_BROKEN', options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** The log no longer has what comes after the wanted position: events are missing, and the caller must decide. */
export class GapError extends ClientError {
  override readonly name = 'GapError';
  constructor(
    message: string,
    /** Last position that was handed over before the gap. */
    readonly lastPosition: number | undefined,
    /** Earliest position that still exists. */
    readonly earliest: number | undefined,
  ) {
    super('POSITION_GONE', message);
  }
}

/** The right to read is over or held back: suspended, terminated, expired, not in force, or its entry withdrawn. */
export class RevokedError extends ClientError {
  override readonly name = 'RevokedError';
}

/** A newer session follows the same grant and cursor. */
export class SupersededError extends ClientError {
  override readonly name = 'SupersededError';
  constructor(message: string) {
    super('SUPERSEDED', message);
  }
}

/** The bus refused to start the subscription as asked. */
export class SubscriptionRefusedError extends ClientError {
  override readonly name = 'SubscriptionRefusedError';
}

/** The bus refused one event for good: the same event will be refused again. */
export class PublishRefusedError extends ClientError {
  override readonly name = 'PublishRefusedError';
  constructor(
    readonly eventId: string,
    readonly problem: Problem,
  ) {
    super(problem.code, `event ${eventId}: ${problem.detail}`);
  }
  get item(): string | undefined {
    return this.problem.item;
  }
  get entry(): string | undefined {
    return this.problem.entry;
  }
}

/** More events wait than the publisher may hold; await `ready()` between calls. */
export class QueueFullError extends ClientError {
  override readonly name = 'QueueFullError';
  constructor(eventsMax: number) {
    super('QUEUE_FULL', `${eventsMax} events are waiting to be published`);
  }
}

/** The publisher was closed before the event was answered: it may or may not be stored. */
export class ClientClosedError extends ClientError {
  override readonly name = 'ClientClosedError';
  constructor(message: string) {
    super('CLIENT_CLOSED', message);
  }
}

/** An HTTP call was answered with a problem document. */
export class ApiError extends ClientError {
  override readonly name = 'ApiError';
  constructor(
    readonly problem: Problem,
    readonly retryAfterSeconds: number | undefined,
  ) {
    super(problem.code, problem.detail);
  }
  get status(): number {
    return this.problem.status;
  }
}
