import { DuplicateInBatchError, StoreUnavailableError, WrongExpectedSequenceError } from '../../nats/store-errors.js';

/** `retry`: at once; `wait`: again after a pause, because the store is between two leaders; `fail`: for good. */
export type AfterFailure = 'retry' | 'wait' | 'fail';

/** Each refusal that can be removed takes one; two brokers that alternate on one source take some. */
export const ATTEMPTS_MAX = 8;
/** Electing another leader takes 4 to 8 s; events in flight are then answered, neither refused nor overtaken. */
export const ELECTION_WAIT_MS = 12_000;

/** Earlier attempts to store an event. */
export interface FailedAttempts {
  /** Commits that were refused for a reason that can be removed, before this one. */
  attempts: number;
  /** Since when the store has not taken it; undefined when this is the first time. */
  waitingSinceMs: number | undefined;
}

export interface StoreState {
  isReplicated: boolean;
  isUp: boolean;
}

/** Decides what follows when the commit of an event failed. See docs/decisions/0033. */
export function afterFailure(error: Error, event: FailedAttempts, nowMs: number, store: StoreState): AfterFailure {
  const isInTime = nowMs - (event.waitingSinceMs ?? nowMs) <= ELECTION_WAIT_MS;
  if (error instanceof StoreUnavailableError) {
    // A lost connection to one server of several is soon replaced; the loss of the only one is reported at once.
    const mayComeBack = store.isReplicated || store.isUp;
    return mayComeBack && isInTime ? 'wait' : 'fail';
  }
  if (isInTime && isMaybeStillReplicated(error, event, store)) return 'wait';
  const isRemovable = error instanceof DuplicateInBatchError || error instanceof WrongExpectedSequenceError;
  return isRemovable && event.attempts < ATTEMPTS_MAX ? 'retry' : 'fail';
}

/**
 * An earlier attempt without an outcome may be on its way to the replicas. Until it is stored or dropped the store refuses every other
 * message that expects the end of the same subject, so asking again at once would use up all attempts. See docs/decisions/0420.
 */
function isMaybeStillReplicated(error: Error, event: FailedAttempts, { isReplicated }: StoreState): boolean {
  return isReplicated && error instanceof WrongExpectedSequenceError && event.waitingSinceMs !== undefined;
}
