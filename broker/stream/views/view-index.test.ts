import fc from 'fast-check';
import t from 'tap';
import type { ItemType } from '../../../proto/entry/entry.js';
import type { Rows } from '../../../proto/entry/rows.js';
import type { RecordData } from '../../../proto/event/event.js';
import { RowFilter } from './row-filter.js';
import { ViewIndex } from './view-index.js';

const TYPES: Record<string, ItemType> = {
  code: 'code',
  region: 'string',
  count: 'integer',
  amount: 'decimal',
  at: 'datetime',
};
const field = (name: string) => ({ name, number: 1, type: TYPES[name] as ItemType, list: false });

const code = fc.constantFrom('A', 'B', 'C');
const region = fc.constantFrom('3501', '3502', '350102', '35');
const count = fc.integer({ min: 0, max: 3 });
const at = fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T08:00:00.0+08:00', '2026-01-01T00:00:00.000001Z');
const rows: fc.Arbitrary<Rows> = fc.record(
  {
    code: fc.oneof(
      code.map((is) => ({ is })),
      fc.uniqueArray(code, { minLength: 1 }).map((among) => ({ in: among })),
      code.map((one) => ({ notIn: [one] })),
    ),
    region: region.map((prefix) => ({ prefix })),
    count: fc.oneof(
      count.map((is) => ({ is })),
      count.map((min) => ({ min })),
    ),
    amount: fc.constantFrom('1', '1.0', '2').map((is) => ({ is })),
    at: fc.uniqueArray(at, { minLength: 1 }).map((among) => ({ in: among })),
  },
  { requiredKeys: [] },
);
const values: fc.Arbitrary<RecordData> = fc.record(
  { code, region, count, amount: fc.constantFrom('1', '1.0', '2'), at },
  { requiredKeys: [] },
);

t.test('the view index finds every matching view, whatever was added and removed', async () => {
  fc.assert(
    fc.property(fc.array(rows, { maxLength: 12 }), fc.array(fc.nat(11)), values, (all, removed, record) => {
      const views = all.map((one) => ({ filter: new RowFilter([one], field) }));
      const index = new ViewIndex<(typeof views)[number]>();
      for (const view of views) index.add(view);
      const gone = new Set(removed.flatMap((i) => views[i] ?? []));
      for (const view of gone) index.delete(view);
      const found = new Set(index.unindexed);
      index.lookUp(record, (view) => found.add(view));
      const expected = views.filter((view) => !gone.has(view) && view.filter.matches(record));
      return expected.every((view) => found.has(view)) && [...gone].every((view) => !found.has(view));
    }),
    { numRuns: 500 },
  );
});

t.test('a view with an equality predicate is no candidate for events with another value', async (t) => {
  const index = new ViewIndex<{ filter: RowFilter }>();
  for (let i = 0; i < 1000; i++) index.add({ filter: new RowFilter([{ code: { is: `c${i}` } }], field) });
  let tried = 0;
  index.lookUp({ code: 'c7' }, () => tried++);
  t.equal(tried, 1);
  t.equal([...index.unindexed].length, 0);
});

t.test('decimals and instants are looked up in any spelling', async (t) => {
  const index = new ViewIndex<{ filter: RowFilter }>();
  index.add({ filter: new RowFilter([{ amount: { is: '1.50' } }], field) });
  index.add({ filter: new RowFilter([{ at: { in: ['2026-01-01T00:00:00Z'] } }], field) });
  t.equal([...index.unindexed].length, 0);
  let found = 0;
  index.lookUp({ amount: '1.5', at: '2026-01-01T08:00:00.000+08:00' }, () => found++);
  t.equal(found, 2);
});
