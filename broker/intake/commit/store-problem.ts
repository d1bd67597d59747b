import { type Problem, SluiceError, toProblem } from '../../../proto/errors.js';
import { StoreUnavailableError, WrongExpectedSequenceError } from '../../nats/store-errors.js';

/** The answer to an event whose commit failed for good. */
export function storeProblem(error: unknown): Problem {
  // Every attempt lost against another broker that writes for the same source.
  if (error instanceof WrongExpectedSequenceError) {
    return toProblem(new SluiceError('STORE_UNAVAILABLE', 'another broker writes for this source at the same time'));
  }
  return toProblem(error);
}

/** Without an answer of the store the event may be there. */
export function isCertainlyNotStored(error: unknown): boolean {
  return error instanceof SluiceError && !(error instanceof StoreUnavailableError && error.uncertain);
}

export function batchRefused(id: string | undefined, entry?: string): Problem {
  return toProblem(new SluiceError('BATCH_REFUSED', 'another event of the atomic batch was refused'), {
    event: id,
    ...(entry !== undefined && { entry }),
  });
}
