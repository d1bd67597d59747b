import { JetStreamApiError } from '@nats-io/jetstream';
import { SluiceError } from '../../proto/errors.js';

/** The error part of a JetStream answer. */
export interface JetStreamRefusal {
  code: number;
  err_code: number;
  description: string;
}

/** A member of an atomic batch was stored before, within the duplicate window; nothing of the batch was stored. */
export class DuplicateInBatchError extends Error {
  override readonly name = 'DuplicateInBatchError';
  readonly code = 'NATS_DUPLICATE_IN_BATCH';
}

/** The stream or subject does not end where the writer expected; nothing was stored. */
export class WrongExpectedSequenceError extends Error {
  override readonly name = 'WrongExpectedSequenceError';
  readonly code = 'NATS_WRONG_EXPECTED_SEQUENCE';
}

/** JetStream understood the request and refused it for good: a retry does not help. */
export class StoreRefusedError extends Error {
  override readonly name = 'StoreRefusedError';
  readonly code = 'NATS_REFUSED';
  constructor(
    readonly natsCode: number,
    description: string,
  ) {
    super(`the store refused the message: ${description} (${natsCode})`);
  }
}

/** A stream has reached a limit of its own, or the store as a whole is full; nothing was stored. */
export class StoreFullError extends SluiceError {
  override readonly name = 'StoreFullError';
  constructor(description: string, stream?: string) {
    const full = stream === undefined ? 'the store is full' : `stream ${stream} has reached its limit`;
    super('STORE_FULL', `${full}: ${description}`);
  }
}

/** The store did not answer. When `uncertain` the message may have been stored: send it again with the same id. */
export class StoreUnavailableError extends SluiceError {
  override readonly name = 'StoreUnavailableError';
  constructor(
    why: string,
    readonly uncertain: boolean,
    options?: ErrorOptions,
  ) {
    super('STORE_UNAVAILABLE', `the store is not available: ${why}`, {}, options);
  }
}

const DUPLICATE_IN_BATCH = 10201;
/** A message with this id is being replicated and not stored yet: a retry later finds it a duplicate, or new. */
const IN_PROCESS = 10158;
/** 10164 is the form without the actual sequence, which the server uses for atomic batches. */
const WRONG_SEQUENCE: ReadonlySet<number> = new Set([10070, 10071, 10164]);
/** Account, memory and storage limits and the server's own resources. */
const FULL: ReadonlySet<number> = new Set([10002, 10023, 10028, 10047]);
/** The catch-all of a failed write: a limit of the stream, a full disk, or an input/output error. */
const STORE_FAILED = 10077;
/** How it names a limit of the stream, which says nothing of the store. */
const LIMIT_OF_STREAM = /^maximum (?:messages|bytes)/i;
/**
 * Conditions that pass: JetStream off, starting or without leader (10008, 10039, 10076), stream offline (10118), queue
 * full (10167), a batch interrupted by a restart (10176), too many open batches (10205 and 10211, by version).
 */
const FOR_THE_MOMENT: ReadonlySet<number> = new Set([10008, 10039, 10076, 10118, 10167, 10176, 10205, 10210, 10211]);

/** Maps an error of a JetStream API call to our classes; a call that only reads is never uncertain. */
export function asStoreError(error: unknown): Error {
  if (error instanceof JetStreamApiError) return storeError(error.apiError());
  if (error instanceof SluiceError) return error;
  return new StoreUnavailableError(reasonOf(error), false, { cause: error });
}

/** The client says "timeout" and no more when a server that it is connected to takes its time. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === 'timeout' ? 'no answer in time' : error.message;
}

/** Maps a JetStream refusal to our error classes. `stream` is that of the message, if it is known. */
export function storeError(refusal: JetStreamRefusal, stream?: string): Error {
  const { err_code: natsCode, description } = refusal;
  if (natsCode === DUPLICATE_IN_BATCH) return new DuplicateInBatchError(description);
  if (WRONG_SEQUENCE.has(natsCode)) return new WrongExpectedSequenceError(description);
  if (FULL.has(natsCode)) return new StoreFullError(description);
  if (natsCode === IN_PROCESS) return new StoreUnavailableError(description, true);
  if (natsCode === STORE_FAILED) {
    if (LIMIT_OF_STREAM.test(description)) return new StoreFullError(description, stream);
    return /maximum|no space|exceed/i.test(description)
      ? new StoreFullError(description)
      : new StoreUnavailableError(description, true);
  }
  if (FOR_THE_MOMENT.has(natsCode) || refusal.code === 503 || refusal.code === 429) {
    return new StoreUnavailableError(description, false);
  }
  return new StoreRefusedError(natsCode, description);
}
