import t from 'tap';
import type { Item } from '../../proto/entry/entry.js';
import { EntryCompiler } from './compiled-entry.js';
import { toEntryVersion } from './entry-state.js';
import { numberItems } from './item-numbers.js';

const ITEMS: Item[] = [
  { name: 'id', type: 'string', identifier: true, maxLength: 8 },
  { name: 'count', type: 'integer', minimum: 1, filterable: true },
  { name: 'amount', type: 'decimal', minimum: '-0.50', maximum: '10000000000000000000.5' },
  { name: 'born', type: 'date' },
  { name: 'seen', type: 'datetime' },
  { name: 'status', type: 'code', codeTable: { A: 'active', B: { en: 'closed' } }, filterable: true },
  { name: 'tags', type: 'string', list: true, pattern: '^[a-z]+$' },
  { name: 'detail', type: 'object' },
  { name: 'owner', type: 'string', required: true },
];

const compiled = new EntryCompiler().compile(
  toEntryVersion({
    version: 1,
    partition: 0,
    publishedAt: '2026-01-01T00:00:00Z',
    numbers: numberItems(
      ITEMS.map((item) => item.name),
      {},
    ),
    document: { id: 'p.e', name: 'E', sharingAttribute: 'unconditional', items: ITEMS },
  }),
);
const good = { id: 'a1', owner: 'x' };
const problems = (change: object) => compiled.validateData({ ...good, ...change });

t.test('a valid record with every item type has no problem', async (t) => {
  const record = {
    count: 2,
    amount: '10000000000000000000.50',
    born: '2024-02-29',
    seen: '2026-11-22T08:30:00+08:00',
    status: 'B',
    tags: ['a', 'b'],
    detail: { deep: [1, null, { er: true }] },
  };
  t.same(problems(record), []);
  t.equal(compiled.identifier.name, 'id');
  t.same(
    compiled.filterable.map((item) => item.name),
    ['count', 'status'],
  );
});

t.test('an absent item, null and an empty list are the same', async (t) => {
  t.same(problems({ count: null, tags: [], detail: undefined }), []);
  t.match(problems({ owner: null }), [{ code: 'ITEM_INVALID', item: 'owner', message: 'item owner is missing' }]);
});

const REFUSED: [string, object, object[]][] = [
  ['an unknown item', { colour: 'red' }, [{ code: 'UNKNOWN_ITEM', item: 'colour' }]],
  ['no identifier', { id: undefined }, [{ code: 'MISSING_IDENTIFIER', item: 'id' }]],
  ['an empty identifier', { id: '' }, [{ code: 'MISSING_IDENTIFIER', item: 'id' }]],
  ['a wrong type', { count: 'two' }, [{ code: 'ITEM_INVALID', message: 'item count must be a whole number' }]],
  ['an integer beyond 2^53', { count: 2 ** 53 }, [{ code: 'ITEM_INVALID', item: 'count' }]],
  ['a fraction as an integer', { count: 1.5 }, [{ code: 'ITEM_INVALID', item: 'count' }]],
  ['a decimal below its bound', { amount: '-0.6' }, [{ item: 'amount', message: 'item amount must be >= -0.50' }]],
  ['a decimal above its bound by value', { amount: '10000000000000000000.51' }, [{ item: 'amount' }]],
  ['a decimal as a number', { amount: 1 }, [{ item: 'amount' }]],
  ['a day that does not exist', { born: '2023-02-29' }, [{ message: 'item born must be a date like 2026-11-22' }]],
  ['an instant without zone', { seen: '2026-11-22T08:30:00' }, [{ item: 'seen' }]],
  ['a code outside the table', { status: 'C' }, [{ message: 'item status must be one of A, B' }]],
  ['a list where one element is wrong', { tags: ['a', '1'] }, [{ item: 'tags', message: /element 1/ }]],
  ['one value where a list is due', { tags: 'a' }, [{ item: 'tags' }]],
  ['a list where one value is due', { owner: [] }, [{ item: 'owner' }]],
  ['a string where an object is due', { detail: 'x' }, [{ item: 'detail' }]],
  ['a date inside an object', { detail: { at: new Date() } }, [{ item: 'detail' }]],
];

for (const [what, change, expected] of REFUSED) {
  t.test(`a record is refused with ${what}`, async (t) => {
    const found = problems(change);
    t.equal(found.length, expected.length);
    t.match(found, expected);
  });
}

t.test('a record that is not an object is refused', async (t) => {
  for (const data of [undefined, null, 'x', 7, ['x']]) t.match(compiled.validateData(data), [{ code: 'ITEM_INVALID' }]);
});

t.test('no problem text holds a value of the data', async (t) => {
  const secret = 'SECRET4711';
  const found = problems({ id: secret, count: secret, amount: secret, born: secret, status: secret, tags: [secret] });
  t.equal(found.length, 6);
  t.notMatch(JSON.stringify(found), secret);
});

t.test('at most 20 problems of a record are listed', async (t) => {
  t.equal(problems({ tags: new Array(5_000).fill('1') }).length, 20);
});

t.test('a previous image holds filterable items only', async (t) => {
  t.same(compiled.validatePrevious({ count: 1 }), []);
  t.match(compiled.validatePrevious({ owner: 'x' }), [{ code: 'UNKNOWN_ITEM', item: 'owner' }]);
});
