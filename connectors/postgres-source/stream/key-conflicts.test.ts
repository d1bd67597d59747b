import fc from 'fast-check';
import t from 'tap';
import type { TableMapping } from '../tables/table-mapping.js';
import { settleKeyConflicts } from './key-conflicts.js';
import type { RowChange } from './row-change.js';
import { type RowValues, SelectedRow } from './row-values.js';
import { TableForm } from './table-form.js';

const read = (text: string): string => text;
const form = new TableForm({
  entry: 'p.e',
  columns: [{ column: 1, item: 'name', filterable: false, type: 'string', list: false, read }],
  key: [0],
  identifier: { item: 'id', read },
  hasFilterable: false,
});

/** Row number → its key and name; the key is unique at the end of a transaction only. */
type Table = ReadonlyMap<number, RowValues>;

const subjects = fc.constantFrom('1', '2', '3');
const statement = fc.record({
  row: fc.integer({ min: 0, max: 4 }),
  key: subjects,
  name: fc.constantFrom('A', 'B'),
  act: fc.constantFrom('put', 'delete'),
});

/** The changes that statements make of a table, as the stream has them, and the table after them. */
function run(before: Table, statements: readonly (typeof statement extends fc.Arbitrary<infer One> ? One : never)[]) {
  const table = new Map(before);
  const changes: RowChange[] = [];
  for (const { row, key, name, act } of statements) {
    const from = table.get(row);
    const to = act === 'put' ? new SelectedRow([key, name]) : undefined;
    if (!from && !to) continue;
    if (to) table.set(row, to);
    else table.delete(row);
    const mapping = undefined as unknown as TableMapping;
    changes.push({ mapping, form, index: changes.length + 1, ordinal: 0, before: from, after: to });
  }
  return { table, changes };
}

const recordsOf = (table: Table): Map<string, RowValues> =>
  new Map([...table.values()].map((row) => [String(row.text(0)), row]));

const isUnique = (table: Table): boolean => recordsOf(table).size === table.size;

/** The records of a receiver that applies the changes one by one. */
function receive(before: Table, changes: readonly RowChange[]): Map<string, RowValues> {
  const records = recordsOf(before);
  for (const { before: from, after } of changes) {
    if (after) records.set(form.subjectOf(after), after);
    else records.delete(form.subjectOf(from!));
  }
  return records;
}

t.test(
  'after settled changes a receiver has the rows of the table, or the outcome is said to be ambiguous',
  async (t) => {
    let decided = 0;
    fc.assert(
      fc.property(fc.uniqueArray(subjects), fc.array(statement, { minLength: 1, maxLength: 6 }), (keys, statements) => {
        const before: Table = new Map(keys.map((key, row) => [row, new SelectedRow([key, 'A'])]));
        const { table, changes } = run(before, statements);
        fc.pre(isUnique(table));
        const { changes: settled, isAmbiguous } = settleKeyConflicts(changes);
        const positions = settled.map(({ index, ordinal }) => index * 2 + ordinal);
        const isOrdered = positions.every((position, i) => i === 0 || positions[i - 1]! < position);
        if (isAmbiguous) return isOrdered;
        decided++;
        const sorted = (records: Map<string, RowValues>) =>
          JSON.stringify([...records].map(([key, row]) => [key, row.text(1)]).sort());
        return isOrdered && sorted(receive(before, settled)) === sorted(recordsOf(table));
      }),
      { numRuns: 3_000 },
    );
    t.ok(decided > 1_000, 'most of them are not ambiguous');
  },
);
