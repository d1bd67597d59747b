import t from 'tap';
import { countOf, fromOf, narrowOf } from './subscribe-options.js';

t.test('--from takes a name, a position with or without its log epoch, or a time', async (t) => {
  t.equal(fromOf('latest'), 'latest');
  t.same(fromOf('42'), { after: 42 });
  t.same(fromOf('42@abc'), { after: 42, log: 'abc' });
  t.same(fromOf('2026-11-24T08:00:00+08:00'), { time: '2026-11-24T08:00:00+08:00' });
  for (const text of ['the beginning', '2026-11-24', '-1', '1.5']) t.throws(() => fromOf(text), text);
});

t.test('--narrow takes a JSON map and --limit a count', async (t) => {
  t.same(narrowOf('{"a": {"is": 1}}'), { a: { is: 1 } });
  t.throws(() => narrowOf('[]'));
  t.throws(() => narrowOf('null'));
  t.equal(countOf('3'), 3);
  t.throws(() => countOf('1.5'));
});
