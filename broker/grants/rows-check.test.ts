import fc from 'fast-check';
import t from 'tap';
import type { EntryVersion, Item, ItemType } from '../../proto/entry/entry.js';
import type { Rows } from '../../proto/entry/rows.js';
import { canonicalRows } from './canonical-rows.js';
import { checkRows, rowProblems } from './rows-check.js';

const TYPES: ItemType[] = ['string', 'code', 'integer', 'number', 'decimal', 'boolean', 'date', 'datetime'];
const items: Item[] = TYPES.map((type) => ({ name: type, type, filterable: true, identifier: type === 'string' }));
const version = {
  id: 'p.e',
  items: [...items, { name: 'hidden', type: 'string' }].map((item, index) => ({ ...item, number: index + 1 })),
} as EntryVersion;

t.test('a row filter takes every keyword on the types that it applies to', async (t) => {
  const rows = {
    string: { prefix: '3501', notIn: ['x'] },
    code: { in: ['A', 'B'] },
    integer: { min: 1, max: 5 },
    number: { is: 1.5 },
    decimal: { min: '1.50', max: 2 },
    boolean: { is: true },
    date: { from: '2020-01-01', to: '2020-12-31' },
    datetime: { from: '2020-01-01', to: '2020-12-31T10:00:00+08:00' },
  };
  t.same(rowProblems(rows, version), []);
});

const REFUSED: [string, unknown, RegExp][] = [
  ['a list instead of a map', [], /^rows: must be a map/],
  ['an unknown item', { colour: { is: 'x' } }, /^rows.colour: entry p.e has no such item/],
  ['a name that every object has', JSON.parse('{"__proto__": {"is": "x"}}'), /no such item/],
  ['an item that is not filterable', { hidden: { is: 'x' } }, /not filterable/],
  ['an unknown keyword', { string: { like: 'x' } }, /^rows.string.like: is not a known keyword/],
  ['a predicate that is no map', { string: 'x' }, /^rows.string: must be a map/],
  ['a predicate without a value', { string: null }, /^rows.string: has no value/],
  ['a keyword without a value', { integer: { min: 1, max: null } }, /^rows.integer.max: has no value/],
  ['an empty predicate', { string: {} }, /has no keyword/],
  ['an empty list', { string: { in: [] } }, /at least one/],
  ['half a surrogate pair', { string: { is: '\ud83d' } }, /must be a value of type string/],
  ['half a surrogate pair in a list', { string: { notIn: ['x', '\udc00'] } }, /must list values of type string/],
  ['half a surrogate pair as a prefix', { string: { prefix: 'x\ud83d' } }, /must be a string/],
  ['a prefix of a number', { integer: { prefix: '1' } }, /does not apply to type integer/],
  ['a range of a string', { string: { min: 1 } }, /does not apply to type string/],
  ['an integer as a string', { integer: { is: '1' } }, /value of type integer/],
  ['a decimal with an exponent', { decimal: { min: '1e3' } }, /value of type decimal/],
  ['a day that does not exist', { date: { from: '2020-02-30' } }, /value of type date/],
  ['an instant without zone', { datetime: { from: '2020-01-01T00:00:00' } }, /value of type datetime/],
];

for (const [what, rows, problem] of REFUSED) {
  t.test(`a row filter is refused with ${what}`, async (t) => {
    t.match(rowProblems(rows, version), [problem]);
    t.throws(() => checkRows(rows, version), { code: 'UNKNOWN_PREDICATE' });
  });
}

t.test('a narrowing may use items granted without transform only', async (t) => {
  const grantedPlain = new Set(['code']);
  t.same(rowProblems({ code: { is: 'A' } }, version, { grantedPlain }), []);
  t.match(rowProblems({ string: { is: 'A' } }, version, { grantedPlain }), [
    /^narrow.string: the item is not granted plain/,
  ]);
});

t.test('row filters with the same meaning have one canonical form', async (t) => {
  const form = (rows: Rows) => JSON.stringify(canonicalRows(rows, version));
  t.equal(form({ code: { in: ['A'] } }), form({ code: { is: 'A' } }));
  t.equal(form({ code: { in: ['B', 'A', 'B'] } }), form({ code: { in: ['A', 'B'] } }));
  t.equal(form({ integer: { is: 1 }, code: { is: 'A' } }), form({ code: { is: 'A' }, integer: { is: 1 } }));
  t.equal(form({ integer: { max: 2, min: 1 } }), form({ integer: { min: 1, max: 2 } }));
  t.equal(form({ decimal: { min: '1.50' } }), form({ decimal: { min: 1.5 } }));
  t.not(form({ string: { is: '1.50' } }), form({ string: { is: '1.5' } }), 'texts keep their zeros');
  t.equal(form({ integer: { in: [10, 9] } }), '{"integer":{"in":[9,10]}}');
});

t.test('the canonical form of a canonical row filter is the same', async () => {
  const values = fc.uniqueArray(fc.constantFrom('1', '1.0', '1.50', '2'), { minLength: 1 });
  const rows = fc.record({ decimal: fc.record({ in: values, notIn: values }), code: fc.record({ in: values }) });
  fc.assert(
    fc.property(rows, (one) => {
      const form = canonicalRows(one, version);
      return JSON.stringify(canonicalRows(form, version)) === JSON.stringify(form);
    }),
  );
});
