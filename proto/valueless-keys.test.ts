import t from 'tap';
import { parse } from 'yaml';
import { valuelessKeys } from './valueless-keys.js';

const pathsOf = (document: unknown, path?: string): string[] =>
  valuelessKeys(document, path).map((problem) => problem.slice(0, problem.indexOf(':')));

t.test('a key without a value is found at any depth, in the order of the document', async (t) => {
  const yaml =
    'a:\nrows: { district: , zone: { is: 1 } }\nitems: [{ name: id }, { name: n, transform: }]\nlist: [1, ~]\n';
  t.same(pathsOf(parse(yaml)), ['a', 'rows.district', 'items[1].transform', 'list[1]']);
});

t.test('paths begin with the given one, and the document itself may be null', async (t) => {
  t.same(pathsOf({ a: null }, 'grants[0]'), ['grants[0].a']);
  t.same(pathsOf(null), []);
});

t.test('zero, false, an empty string, an empty list and an empty map are values', async (t) => {
  t.same(pathsOf({ a: 0, b: false, c: '', d: [], e: {} }), []);
});

t.test('a document without values is reported up to a bound, and one of any depth without recursion', async (t) => {
  t.equal(pathsOf(new Array(5_000).fill(null), 'list').length, 100);
  let deep: unknown = null;
  for (let depth = 0; depth < 200_000; depth++) deep = [deep];
  t.doesNotThrow(() => valuelessKeys(deep));
});
