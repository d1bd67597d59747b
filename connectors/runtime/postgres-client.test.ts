import pg from 'pg';
import t from 'tap';
import { PeerGoneError } from './connector-errors.js';
import { toPeerGone } from './postgres-client.js';

function errorOf(code: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('a message that may quote values', 0, 'error'), { code });
}

const PASSING: [string, string][] = [
  ['57P03', 'a server that starts'],
  ['57P01', 'a server that stops'],
  ['53300', 'a server without free connections'],
  ['25006', 'a server that is read-only after a failover'],
  ['57014', 'a statement that was timed out'],
  ['55P03', 'a lock that was not given'],
  ['40P01', 'a deadlock'],
  ['08006', 'a broken connection'],
];

t.test('a condition of PostgreSQL that passes by itself is waited for, without its message', async (t) => {
  for (const [code, what] of PASSING) {
    const error = toPeerGone(errorOf(code));
    t.type(error, PeerGoneError, what);
    t.match(error, { message: new RegExp(`${code}$`) });
  }
});

t.test('a condition of PostgreSQL that somebody must change is not waited for', async (t) => {
  for (const code of ['28P01', '3D000', '42501', '42P01', '57P04', '22P05', '23505']) {
    t.type(toPeerGone(errorOf(code)), pg.DatabaseError, code);
  }
});
