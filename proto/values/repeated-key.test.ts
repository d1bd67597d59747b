import { throws } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { parseExactJson } from './exact-json.js';

const REPEATED: [text: string, path: string][] = [
  ['{"a":1,"a":2}', 'a'],
  ['{"a":1,"a":1}', 'a'],
  ['{"a":1,"a" :2}', 'a'],
  ['{"a":1,\n"b" : 2,\r\n"a"\t:2}', 'a'],
  ['{"a":1,"\\u0061":2}', 'a'],
  ['{"data":{"list":[{"b":1},{"b":1,"c":{},"b":[]}]}}', 'data.list[1].b'],
  ['[1,{"n":9007199254740993,"n":2}]', '[1].n'],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ['{"":1,"":2}', ''],
  ['{"x":"a\\":b","y":1,"y":2}', 'y'],
  ['{"x":"{\\"y\\":1","y":1,"y":2}', 'y'],
];

t.test('a key that an object has twice is refused with its path, however it is written', async (t) => {
  for (const [text, path] of REPEATED) t.throws(() => parseExactJson(text), { name: 'RepeatedKeyError', path }, text);
});

t.test('keys of the same name in different objects, and colons within strings, are nothing repeated', async (t) => {
  for (const text of [
    '[{"a":1},{"a":1}]',
    '{"a":{"a":{"a":1}}}',
    '{"a":"\\"b\\":1","b":": \\":"}',
    '{"a" : "a\\": :"}',
  ]) {
    t.strictSame(parseExactJson(text), JSON.parse(text), text);
  }
});

t.test('any object is refused once one of its members is written again', async (t) => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1, maxKeys: 5 }),
      fc.nat(),
      fc.nat(2),
      (map, pick, gap) => {
        const members = Object.entries(map).map(
          ([key, value]) => `${JSON.stringify(key)}${' '.repeat(gap)}:${JSON.stringify(value)}`,
        );
        const text = `[{${[...members, members[pick % members.length]].join(',')}}]`;
        throws(() => parseExactJson(text), { name: 'RepeatedKeyError' });
      },
    ),
    { numRuns: 300 },
  );
  t.pass('for every object');
});
