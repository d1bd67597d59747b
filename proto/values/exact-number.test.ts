import { strictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { compareDecimals } from './decimal.js';
import { decimalOf, ExactNumber, exactNumberOf, isExactNumber } from './exact-number.js';

t.test('a number is exact when a double prints it back as the same decimal number', async (t) => {
  for (const text of [
    '0',
    '-0',
    '1.10',
    '9007199254740991',
    '-9007199254740991',
    '0.1',
    '1e16',
    '1E-7',
    '1e22',
    '5e-324',
  ]) {
    t.ok(isExactNumber(text), text);
  }
  for (const text of [
    '9007199254740993',
    '0.1234567890123456789',
    '1e400',
    '1e-400',
    '12345678901234567.89',
    '2e-324',
  ]) {
    t.notOk(isExactNumber(text), text);
  }
  for (const text of ['', '1.', '.5', '01', '+1', '0x1F', 'NaN', 'Infinity', '1 ', '1,5']) {
    t.equal(exactNumberOf(text), undefined, text);
  }
});

t.test('every double is exact in the form that it is printed in', async (t) => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => isExactNumber(String(value))),
    { numRuns: 1000 },
  );
  t.pass('for every double');
});

t.test('a decimal keeps all digits of what it was given as', async (t) => {
  const cases: [unknown, string | undefined][] = [
    [1.5, '1.5'],
    [-0, '0'],
    [1e21, '1000000000000000000000'],
    [1e-7, '0.0000001'],
    [2n ** 63n, '9223372036854775808'],
    [new ExactNumber('12345678901234567.890'), '12345678901234567.890'],
    [new ExactNumber('-1234567890.1234567890e-3'), '-1234567.890123456789'],
    [new ExactNumber('1e400'), `1${'0'.repeat(400)}`],
    ['1E-7', '0.0000001'],
    ['00', undefined],
    ['1e999999999', undefined],
    [Number.NaN, undefined],
    [true, undefined],
    [null, undefined],
  ];
  for (const [value, expected] of cases) t.equal(decimalOf(value), expected, String(value));
});

t.test('a number in exponent form and the same number without it are one decimal', async (t) => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 40 }), (value, zeros) => {
      const plain = decimalOf(value)! + '0'.repeat(value === 0n ? 0 : zeros);
      strictEqual(compareDecimals(decimalOf(`${value}e${zeros}`)!, plain) === 0, true);
    }),
  );
  t.pass('for every number');
});
