import t from 'tap';
import { plainDocument, sameDocument } from './same-document.js';

t.test('a field that is null or undefined equals an absent one', async (t) => {
  t.same(plainDocument({ a: null, b: undefined, c: { d: null, e: 0 }, f: [null, { g: null }] }), {
    c: { e: 0 },
    f: [null, {}],
  });
});

t.test('documents are equal in any order of fields, not in any order of lists', async (t) => {
  t.ok(sameDocument({ a: 1, b: { c: 2, d: null } }, { b: { c: 2 }, a: 1 }));
  t.notOk(sameDocument({ a: [1, 2] }, { a: [2, 1] }));
  t.notOk(sameDocument({ a: '1' }, { a: 1 }));
});

t.test('a field named __proto__ stays a field', async (t) => {
  const plain = plainDocument(JSON.parse('{"__proto__": {"polluted": true}}'));
  t.same(Object.keys(plain), ['__proto__']);
  t.equal(({} as { polluted?: boolean }).polluted, undefined);
});
