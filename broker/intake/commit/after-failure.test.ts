import t from 'tap';
import {
  DuplicateInBatchError,
  StoreFullError,
  StoreUnavailableError,
  WrongExpectedSequenceError,
} from '../../nats/store-errors.js';
import { ATTEMPTS_MAX, afterFailure, ELECTION_WAIT_MS } from './after-failure.js';

const FRESH = { attempts: 0, waitingSinceMs: undefined };
const CLUSTER = { isReplicated: true, isUp: false };
const away = new StoreUnavailableError('no leader', true);

t.test('a commit refused for a duplicate or by another writer is retried a bounded number of times', async (t) => {
  for (const error of [new DuplicateInBatchError(), new WrongExpectedSequenceError()]) {
    t.equal(afterFailure(error, FRESH, 0, CLUSTER), 'retry');
    t.equal(afterFailure(error, { ...FRESH, attempts: ATTEMPTS_MAX }, 0, CLUSTER), 'fail');
  }
});

t.test('an attempt that may still be on its way to the replicas is waited for, not attempted against', async (t) => {
  const refused = new WrongExpectedSequenceError();
  const unanswered = { ...FRESH, waitingSinceMs: 1_000 };
  t.equal(afterFailure(refused, unanswered, 1_000 + ELECTION_WAIT_MS, CLUSTER), 'wait');
  const late = 1_001 + ELECTION_WAIT_MS;
  t.equal(afterFailure(refused, unanswered, late, CLUSTER), 'retry', 'it was stored, or somebody else has written');
  t.equal(afterFailure(refused, { ...unanswered, attempts: ATTEMPTS_MAX }, late, CLUSTER), 'fail');
  t.equal(
    afterFailure(refused, unanswered, 1_001, { isReplicated: false, isUp: true }),
    'retry',
    'one server is in order',
  );
});

t.test('a store that does not answer is waited for as long as an election may take', async (t) => {
  t.equal(afterFailure(away, FRESH, 1_000, CLUSTER), 'wait');
  t.equal(afterFailure(away, { ...FRESH, waitingSinceMs: 1_000 }, 1_000 + ELECTION_WAIT_MS, CLUSTER), 'wait');
  t.equal(afterFailure(away, { ...FRESH, waitingSinceMs: 1_000 }, 1_001 + ELECTION_WAIT_MS, CLUSTER), 'fail');
});

t.test('the loss of the only server fails at once, a connected one that has no leader is waited for', async (t) => {
  t.equal(afterFailure(away, FRESH, 0, { isReplicated: false, isUp: false }), 'fail');
  t.equal(afterFailure(away, FRESH, 0, { isReplicated: false, isUp: true }), 'wait');
});

t.test('a full store and an unforeseen error fail at once', async (t) => {
  for (const error of [new StoreFullError('x'), new TypeError('x')])
    t.equal(afterFailure(error, FRESH, 0, CLUSTER), 'fail');
});
