import t from 'tap';
import { ExactNumber } from './exact-number.js';
import { jsonFlaw } from './json-flaw.js';

t.test('a value that every encoding carries has no flaw', async (t) => {
  const value = { a: [1, 'x', null, true, { b: '😀' }], ['__proto__']: { x: 1 }, ü: -0.5 };
  t.equal(jsonFlaw(value, 'item'), undefined);
});

t.test('a flaw is named with its path, at any depth', async (t) => {
  let deep: unknown = 1;
  for (let i = 0; i < 40; i++) deep = [deep];
  const cases: [unknown, string, RegExp][] = [
    [{ name: '\ud83d' }, 'item.name', /Unicode/],
    [{ list: ['x', { y: '\udc00' }] }, 'item.list[1].y', /Unicode/],
    [{ a: { '\ud800': 1 } }, 'item.a', /key/],
    [{ n: new ExactNumber('9007199254740993') }, 'item.n', /digits/],
    [[1, 2n], 'item[1]', /digits/],
    [{ at: new Date(0) }, 'item.at', /JSON/],
    [{ 'a b': Number.NaN }, 'item."a b"', /JSON/],
    [{ x: undefined }, 'item.x', /JSON/],
    [deep, `item${'[0]'.repeat(32)}`, /deeper than 32/],
  ];
  for (const [value, path, why] of cases) {
    const flaw = jsonFlaw(value, 'item');
    t.equal(flaw?.path, path);
    t.match(flaw?.why, why);
  }
});
