import { createHmac, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { hashFor, maskWith, yearOf } from './transform.js';

t.test('a mask shows the first character and hides the rest unless its rule says otherwise', async (t) => {
  t.equal(maskWith(undefined)('陈小明'), '陈**');
  t.equal(maskWith({ keepFirst: 3, keepLast: 4 })('350102202611220014'), '350***********0014');
  t.equal(maskWith({ keepFirst: 0, keepLast: 2 })('abcdef'), '****ef');
});

t.test('a mask hides at least half of a value, also of one character and of an emoji', async (t) => {
  t.equal(maskWith(undefined)('x'), '*');
  t.equal(maskWith(undefined)(''), '');
  t.equal(maskWith({ keepFirst: 9, keepLast: 9 })('abcd'), 'ab**');
  t.equal(maskWith(undefined)('👶🏽b'), '👶**');
});

t.test('a mask keeps the number of characters and hides at least half of any value', async () => {
  const rule = fc.record({ keepFirst: fc.nat(20), keepLast: fc.nat(20) });
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), rule, (text, { keepFirst, keepLast }) => {
      const before = Array.from(text);
      const after = Array.from(maskWith({ keepFirst, keepLast })(text));
      const shown = after.filter((character, i) => character !== '*' || before[i] === '*').length;
      const stars = before.filter((character) => character === '*').length;
      return after.length === before.length && shown - stars <= Math.floor(before.length / 2);
    }),
  );
});

t.test('a hash is stable inside a grant and unrelated between grants', async (t) => {
  const key = Buffer.from(hkdfSync('sha256', 'secret', '', 'sluice/hash/g-1', 32));
  const expected = createHmac('sha256', key).update('350102202611220014').digest('hex');
  t.equal(hashFor('secret', 'g-1')('350102202611220014'), expected);
  t.not(hashFor('secret', 'g-2')('350102202611220014'), expected);
  t.not(hashFor('other', 'g-1')('350102202611220014'), expected);
});

t.test('a year is the four digits of a date or date-time', async (t) => {
  t.equal(yearOf('2026-11-22'), '2026');
  t.equal(yearOf('2026-11-22T08:30:00+08:00'), '2026');
});
