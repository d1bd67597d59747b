import { CLOSE_CODES, type EndedFrame, type ErrorFrame } from '../../proto/frames/frames.js';
import {
  AuthenticationError,
  type ClientError,
  ConnectionLostError,
  GapError,
  ProtocolError,
  RevokedError,
  SubscriptionRefusedError,
  SupersededError,
} from '../errors.js';
import { isRetryableStatus } from '../retryable.js';
import type { Closing } from './transport.js';

/** Close codes of WebSocket itself for a message that the peer did not accept (RFC 6455, 7.4.1). */
const PROTOCOL_CLOSE_CODES: ReadonlySet<number> = new Set([1002, 1003, 1007, 1008, 1009]);

/** Turns the end of a connection into an error whose type says what to do about it. */
export function errorOfClosing(closing: Closing): ClientError {
  if (closing.status !== undefined) return errorOfRefusedUpgrade(closing.status);
  const reason = closing.reason || `the connection was closed (${closing.code})`;
  switch (closing.code) {
    case CLOSE_CODES.BAD_FRAME:
      return new ProtocolError(reason, 'BAD_FRAME');
    case CLOSE_CODES.NOT_AUTHENTICATED:
      return new AuthenticationError('NOT_AUTHENTICATED', reason);
    case CLOSE_CODES.NOT_ALLOWED:
      return new AuthenticationError('NOT_ALLOWED', reason);
    case CLOSE_CODES.SUPERSEDED:
      return new SupersededError(reason);
    case CLOSE_CODES.TOO_MUCH:
      return new ConnectionLostError(reason, 'TOO_MANY');
  }
  if (PROTOCOL_CLOSE_CODES.has(closing.code)) return new ProtocolError(reason);
  const message = closing.error ? `the connection failed: ${describe(closing.error)}` : reason;
  return new ConnectionLostError(message, 'CONNECTION_LOST', { cause: closing.error });
}

function errorOfRefusedUpgrade(status: number): ClientError {
  const message = `the bus answered the WebSocket request with HTTP ${status}`;
  if (status === 401) return new AuthenticationError('NOT_AUTHENTICATED', `a valid token is needed: ${message}`);
  if (status === 403) return new AuthenticationError('NOT_ALLOWED', `the token opens no session: ${message}`);
  if (isRetryableStatus(status)) return new ConnectionLostError(message);
  return new ProtocolError(message);
}

/** A failed connection to a name with several addresses is an AggregateError without a message of its own. */
function describe(error: Error): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message;
  return error.message || error.name;
}

/** Turns the `ended` frame of a subscription into an error. */
export function errorOfEnded(frame: EndedFrame): ClientError {
  return errorOfCode(frame, frame.reason, frame.lastPosition, frame.earliest);
}

/** Turns an `error` frame about a subscription into an error. */
export function errorOfErrorFrame(frame: ErrorFrame): ClientError {
  return errorOfCode(frame, frame.message, undefined, frame.earliest);
}

function errorOfCode(
  { code }: Pick<EndedFrame, 'code'>,
  message: string,
  lastPosition: number | undefined,
  earliest: number | undefined,
): ClientError {
  switch (code) {
    case 'POSITION_GONE':
      return new GapError(message, lastPosition, earliest);
    case 'REVOKED':
    case 'EXPIRED':
    case 'ENTRY_WITHDRAWN':
    case 'GRANT_NOT_IN_FORCE':
      return new RevokedError(code, message);
    case 'SUPERSEDED':
      return new SupersededError(message);
    case 'NOT_AUTHENTICATED':
    case 'NOT_ALLOWED':
      return new AuthenticationError(code, message);
    case 'BAD_FRAME':
    case 'NOT_UTF8':
    case 'UNKNOWN_CHANNEL':
    case 'ACK_BEYOND_SENT':
      return new ProtocolError(message, code);
  }
  return new SubscriptionRefusedError(code, message);
}
