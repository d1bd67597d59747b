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

t.test('a close code says whether to come back', async (t) => {
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

t.test('an upgrade refused with 401 is an authentication error, one with 503 is worth another try', async (t) => {
  t.type(errorOfClosing({ code: 1006, reason: '', status: 401 }), AuthenticationError);
  t.type(errorOfClosing({ code: 1006, reason: '', status: 403 }), AuthenticationError);
  t.type(errorOfClosing({ code: 1006, reason: '', status: 404 }), ProtocolError);
  t.ok(errorOfClosing({ code: 1006, reason: '', status: 503 }).retryable);
});

t.test('the end of a subscription has the type of its reason', async (t) => {
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
    const error = errorOfErrorFrame({ kind: 'error', code, message: 'why' });
    t.type(error, type, code);
    t.equal(error.code, code);
    t.equal(error.retryable, retryable, code);
  }
});

t.test('a gap says where it begins and what still exists', async (t) => {
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
