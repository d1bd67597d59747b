import fc from 'fast-check';
import t from 'tap';
import { closingQuote, closingQuoteIn, hasTooManyMembers, isDeeperThan, JSON_MEMBERS_MAX } from './json-scan.js';

const PADDING = 'x'.repeat(70_000);
const map = (keys: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: keys }, (_none, i) => [`k${i}`, 1])));

t.test('the keys of all objects of a text are counted, those in strings are not', async (t) => {
  t.notOk(hasTooManyMembers(map(JSON_MEMBERS_MAX)));
  t.ok(hasTooManyMembers(map(JSON_MEMBERS_MAX + 1)));
  t.ok(hasTooManyMembers(`[${Array<string>(10_001).fill(`{"a":1}`).join(',')}]`));
  t.notOk(hasTooManyMembers(JSON.stringify({ [`${PADDING}\\`]: `":${':'.repeat(20_000)}\\"` })));
  t.notOk(hasTooManyMembers(`{"a":"${PADDING}`), 'malformed');
});

t.test('the end of a string in bytes is found behind escaped quotes and backslashes', async (t) => {
  const bytes = Buffer.from(String.raw`{"a\"b":"c\\","d":1}`);
  t.equal(bytes.toString('utf8', 1, closingQuoteIn(bytes, 1) + 1), String.raw`"a\"b"`);
  t.equal(bytes.toString('utf8', 8, closingQuoteIn(bytes, 8) + 1), String.raw`"c\\"`);
  t.equal(closingQuoteIn(Buffer.from('"open'), 0), 5, 'the end of the bytes when it is not closed');
});

t.test('nesting is counted outside of strings', async (t) => {
  t.notOk(isDeeperThan(Buffer.from('[[1],{"a":[]}]'), 3));
  t.ok(isDeeperThan(Buffer.from('[[1],{"a":[]}]'), 2));
  t.notOk(isDeeperThan(Buffer.from(String.raw`["[[[\"[["]`), 1));
});

t.test('the end of a string is found behind quotes and backslashes in it', async (t) => {
  const texts = fc.array(fc.constantFrom('"', '\\', 'a', '\n', '民'), { maxLength: 20 }).map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(texts, fc.constantFrom('', ':"b"', '"', '\\"'), async (value, tail) => {
      const quoted = JSON.stringify(value);
      const text = `{${quoted}${tail}`;
      t.equal(closingQuote(text, 1), quoted.length);
      t.equal(closingQuoteIn(Buffer.from(text), 1), Buffer.byteLength(quoted));
    }),
  );
  for (const open of ['"', '"a', '"\\"', '"a\\', '"\\\\\\"b']) {
    t.equal(closingQuote(open, 0), open.length, 'without an end');
    t.equal(closingQuoteIn(Buffer.from(open), 0), open.length);
  }
});
