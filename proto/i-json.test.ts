import t from 'tap';
import { halfPairPaths, inexactNumberPaths } from './i-json.js';
import { parseExactJson } from './values/exact-json.js';

const [HIGH, LOW] = ['\ud83d', '\ude00'];

t.test(
  'paths lead to every string with half a surrogate pair, at any depth, in the order of the document',
  async (t) => {
    const document = { a: HIGH, list: [`${HIGH}${LOW}`, { 'b/c~d': `x${LOW}` }], c: 'plain' };
    t.same(halfPairPaths(document), ['/a', '/list/1/b~1c~0d']);
    t.same(halfPairPaths(LOW), ['']);
  },
);

t.test('a key with half a surrogate pair is found at its object, which no path can lead through', async (t) => {
  t.same(halfPairPaths({ a: { [HIGH]: LOW, b: LOW } }), ['/a', '/a/b']);
});

t.test('whole pairs, numbers, truths and nothing are no fault', async (t) => {
  t.same(halfPairPaths({ a: HIGH + LOW, n: 1, is: true, none: null, list: [] }), []);
});

t.test('no more than a hundred paths are named', async (t) => {
  t.equal(halfPairPaths(Array.from({ length: 500 }, () => HIGH)).length, 100);
});

t.test('paths lead to every number whose digits a double would change', async (t) => {
  const text =
    '{"a": 9223372036854775809, "list": [1, {"b": 12345678901234567.25}], "c": "9223372036854775809", "d": 0.1}';
  t.same(inexactNumberPaths(parseExactJson(text)), ['/a', '/list/1/b']);
});
