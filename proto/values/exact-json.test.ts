import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { parseExactJson } from './exact-json.js';
import { ExactNumber } from './exact-number.js';

t.test('a JSON text without numbers that lose digits is read as JSON.parse reads it', async (t) => {
  fc.assert(
    fc.property(fc.json(), (text) => deepStrictEqual(parseExactJson(text), JSON.parse(text))),
    { numRuns: 500 },
  );
  t.pass('for every text');
});

t.test('every digit of a number is kept, at any place of the text', async (t) => {
  const exact = (text: string) => new ExactNumber(text);
  const cases: [string, unknown][] = [
    ['9007199254740993', exact('9007199254740993')],
    ['{"a":9007199254740993,"b":1}', { a: exact('9007199254740993'), b: 1 }],
    ['[1, -12345678901234567.89 ]', [1, exact('-12345678901234567.89')]],
    ['{"a":{"b":[0.1234567890123456789]}}', { a: { b: [exact('0.1234567890123456789')] } }],
    ['{"a":1e400,"b":1e-400,"c":1E5}', { a: exact('1e400'), b: exact('1e-400'), c: 100000 }],
    ['{"a":"\\\\","b":99999999999999999}', { a: '\\', b: exact('99999999999999999') }],
    ['{"a":"say \\", 99999999999999999","b":2}', { a: 'say ", 99999999999999999', b: 2 }],
    ['{"a":0.12345678901234568,"b":1.10000000000000000000}', { a: 0.12345678901234568, b: 1.1 }],
  ];
  for (const [text, expected] of cases) t.strictSame(parseExactJson(text), expected, text);
});

t.test('a key named __proto__ is a key like any other, also beside a long number', async (t) => {
  const read = parseExactJson('{"__proto__":{"n":9007199254740993}}') as Record<string, Record<string, unknown>>;
  t.ok(Object.hasOwn(read, '__proto__'));
  t.strictSame(Object.getOwnPropertyDescriptor(read, '__proto__')!.value, { n: new ExactNumber('9007199254740993') });
});

t.test('malformed JSON is refused, a long number in it makes it no better', async (t) => {
  for (const text of [
    '{12345678901234567890:1}',
    '[12345678901234567890 1]',
    '12345678901234567890 ',
    '[012345678901234567]',
    '[1234567890123456.]',
    '[-]',
    '[1e]',
    '[12345678901234567"]',
    '',
  ]) {
    if (text.endsWith(' ')) t.strictSame(parseExactJson(text), new ExactNumber(text.trim()));
    else t.throws(() => parseExactJson(text), SyntaxError, text);
  }
});

t.test('deep nesting beside a long number overflows no stack', async (t) => {
  const depth = 100_000;
  t.doesNotThrow(() => parseExactJson(`[9007199254740993,${'['.repeat(depth)}${']'.repeat(depth)}]`));
});

t.test('any decimal number is read as its value or kept as its digits', async (t) => {
  const digits = fc.stringMatching(/^-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?$/);
  fc.assert(
    fc.property(digits, (text) => {
      const read = parseExactJson(`{"n":${text}}`) as { n: number | ExactNumber };
      if (read.n instanceof ExactNumber) strictEqual(read.n.text, text);
      else strictEqual(read.n, Number(text));
    }),
    { numRuns: 1000 },
  );
  t.pass('for every number');
});
