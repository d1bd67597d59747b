import t from 'tap';
import { plainDocument, sameDocument } from './same-document.js';

t.test('a field that is null or undefined is one that is not there', async (t) => {
  t.same(plainDocument({ a: null, b: undefined, c: { d: null, e: 0 }, f: [null, { g: null }] }), {
    c: { e: 0 },
    f: [null, {}],
  });
});

t.test('documents are the same whatever the order of their fields, but not of their lists', async (t) => {
  t.ok(sameDocument({ a: 1, b: { c: 2, d: null } }, { b: { c: 2 }, a: 1 }));
  t.notOk(sameDocument({ a: [1, 2] }, { a: [2, 1] }));
  t.notOk(sameDocument({ a: '1' }, { a: 1 }));
});

t.test('a field named __proto__ stays a field', async (t) => {
  const plain = plainDocument(JSON.parse('{"__proto__": {"polluted": true}}'));
  t.same(Object.keys(plain), ['__proto__']);
  t.equal(({} as { polluted?: boolean }).polluted, undefined);
});
