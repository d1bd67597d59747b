import canonicalize from 'canonicalize';
import fc from 'fast-check';
import t from 'tap';
import { canonicalJson } from './canonical-json.js';

/** By way of JSON, which makes `__proto__` a member like others. */
const textOf = (members: [string, unknown][]): string =>
  `{${members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join()}}`;

t.test('the canonical form is that of the library, whatever the keys, numbers and characters', async () => {
  const key = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('10', '9', '__proto__', 'toString', '\u20ac', '\\ud800'),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('出生', '\\ud800', '💡')),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(null, true, false, 0, -0, 1e21),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((members) => JSON.parse(textOf(members))),
    ),
  }));
  fc.assert(fc.property(value, (one) => canonicalJson(one) === canonicalize(one)));
});

t.test('half a pair of surrogates is refused, in a value and in a key', async (t) => {
  t.throws(() => canonicalJson({ a: ['\ud83d'] }), /surrogate/);
  t.throws(() => canonicalJson({ '\udc00': 1 }), /surrogate/);
});
