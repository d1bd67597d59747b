import t from 'tap';
import { closingQuoteIn, hasTooManyMembers, isDeeperThan, JSON_MEMBERS_MAX } from './json-scan.js';

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
