import fc from 'fast-check';
import t from 'tap';
import { compareDecimals, isDecimal, normalizeDecimal } from './decimal.js';

const SCALE = 10;
/** Any spelling of an integer divided by 10^10. */
const spelled = fc
  .tuple(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.nat({ max: 3 }))
  .map(([value, zeros]) => ({ value, text: spell(value) + '0'.repeat(zeros) }));

function spell(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(SCALE + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -SCALE)}.${digits.slice(-SCALE)}`;
}

t.test('decimals compare by value at any length', async () => {
  fc.assert(
    fc.property(spelled, spelled, (a, b) => {
      const expected = a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
      return Math.sign(compareDecimals(a.text, b.text)) === expected;
    }),
  );
});

t.test('a normalized decimal keeps its value, and equal values get the same text', async () => {
  fc.assert(
    fc.property(spelled, (a) => {
      const normal = normalizeDecimal(a.text);
      return isDecimal(normal) && compareDecimals(normal, a.text) === 0 && normal === normalizeDecimal(spell(a.value));
    }),
  );
});

t.test('zeros, signs, long digits and malformed decimals are distinguished', async (t) => {
  t.equal(compareDecimals('-0', '0.00'), 0);
  t.ok(compareDecimals('0.30', '0.1') > 0);
  t.ok(compareDecimals('9007199254740993', '9007199254740992') > 0);
  t.ok(compareDecimals('-2', '-10') > 0);
  t.equal(normalizeDecimal('-0.0'), '0');
  t.equal(normalizeDecimal('1.50'), '1.5');
  for (const text of ['', '01', '1.', '.5', '1e3', '+1', '1,5']) t.notOk(isDecimal(text), text);
});
