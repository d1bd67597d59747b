import t from 'tap';
import { parseFrom } from './page-query.js';

t.test('a place to read from is a name, a position or a date-time with zone', async (t) => {
  for (const name of ['cursor', 'earliest', 'latest'] as const) t.equal(parseFrom(name, undefined), name);
  t.same(parseFrom('0', undefined), { after: 0 });
  t.same(parseFrom('42', 'abc'), { after: 42, log: 'abc' });
  t.same(parseFrom('2026-11-24T08:00:00+08:00', undefined), { time: '2026-11-24T08:00:00+08:00' });
});

const REFUSED = [
  '',
  '-1',
  '1.5',
  '1e3',
  '9999999999999999',
  'Latest',
  '2026-11-24',
  '2026-11-24T08:00:00',
  '2026-02-30T08:00:00Z',
  '2026-11-24T08:00:00 08:00',
  'yesterday',
];

t.test('whatever else is refused, with words that say what is possible', async (t) => {
  for (const from of REFUSED) {
    t.throws(() => parseFrom(from, undefined), { code: 'BAD_REQUEST', message: /date-time with a zone.*%2B/ }, from);
  }
});
