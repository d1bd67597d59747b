import t from 'tap';
import type { ErrorCode } from '../../proto/errors.js';
import {
  AuthenticationError,
  ConnectionLostError,
  GapError,
  ProtocolError,
  RevokedError,
  SubscriptionRefusedError,
  SupersededError,
} from '../errors.js';
import { errorOfClosing, errorOfEnded, errorOfErrorFrame } from './close-error.js';

t.test('each close code becomes an error that says whether to reconnect', async (t) => {
  const closings = [
    [1000, ConnectionLostError],
    [1001, ConnectionLostError],
    [1006, ConnectionLostError],
    [4408, ConnectionLostError],
    [4429, ConnectionLostError],
    [1009, ProtocolError],
    [4400, ProtocolError],
    [4401, AuthenticationError],
    [4403, AuthenticationError],
    [4409, SupersededError],
  ] as const;
  for (const [code, type] of closings) {
    const error = errorOfClosing({ code, reason: '' });
    t.type(error, type, String(code));
    t.equal(error.retryable, type === ConnectionLostError, String(code));
  }
});

t.test('an upgrade refused with 401 is an authentication error, one refused with 503 is retried', async (t) => {
  const unauthenticated = errorOfClosing({ code: 1006, reason: '', status: 401 });
  t.type(unauthenticated, AuthenticationError);
  t.match(unauthenticated.message, /^a valid token is needed/);
  t.type(errorOfClosing({ code: 1006, reason: '', status: 403 }), AuthenticationError);
  t.type(errorOfClosing({ code: 1006, reason: '', status: 404 }), ProtocolError);
  t.ok(errorOfClosing({ code: 1006, reason: '', status: 503 }).retryable);
});

t.test('each code that ends a subscription becomes an error of its own type', async (t) => {
  const endings: [ErrorCode, new (...args: never[]) => Error, boolean][] = [
    ['POSITION_GONE', GapError, false],
    ['REVOKED', RevokedError, false],
    ['EXPIRED', RevokedError, false],
    ['ENTRY_WITHDRAWN', RevokedError, false],
    ['GRANT_NOT_IN_FORCE', RevokedError, false],
    ['SUPERSEDED', SupersededError, false],
    ['ACK_BEYOND_SENT', ProtocolError, false],
    ['UNKNOWN_GRANT', SubscriptionRefusedError, false],
    ['LEDGER_OUT_OF_SIGHT', SubscriptionRefusedError, true],
    ['SHUTTING_DOWN', SubscriptionRefusedError, true],
  ];
  for (const [code, type, retryable] of endings) {
    const error = errorOfErrorFrame({ kind: 'error', code, message: 'a reason' });
    t.type(error, type, code);
    t.equal(error.code, code);
    t.equal(error.retryable, retryable, code);
  }
});

t.test('a gap error names the last delivered and the earliest stored position', async (t) => {
  const ended = {
    kind: 'ended',
    channel: 1,
    code: 'POSITION_GONE',
    lastPosition: 7,
    reason: 'gone',
    earliest: 40,
  } as const;
  t.match(errorOfEnded(ended), { lastPosition: 7, earliest: 40 });
});
