import t from 'tap';
import { valueReader } from './item-value.js';
import { RecordForm } from './record-form.js';

const read = valueReader({ type: 'integer', list: false, offset: 'Z', codes: undefined });
const text = valueReader({ type: 'string', list: false, offset: 'Z', codes: undefined });
const form = new RecordForm<string>({
  entry: 'office.shop',
  columns: [
    { column: 'staff', item: 'employees', filterable: true, type: 'integer', list: false, read },
    { column: 'town', item: 'town', filterable: true, type: 'string', list: false, read: text },
  ],
  key: ['no'],
  identifier: { item: 'id', read: text },
  hasFilterable: true,
});

t.test('a previous value that the catalog must have refused is left out of the previous image', async (t) => {
  t.same(form.previousOf({ no: '1', staff: 'five', town: 'A' }), { town: 'A' });
  t.same(form.previousOf({ no: '1', staff: '5', town: 'A' }), { employees: 5, town: 'A' });
});

t.test('an empty field of a number item stays an empty string', async (t) => {
  t.same(form.dataOf({ no: '1', staff: '', town: 'A' }), { id: '1', employees: '', town: 'A' });
});

t.test('composite keys of different rows have different subjects', async (t) => {
  const form = new RecordForm<number>({
    entry: 'p.e',
    columns: [],
    key: [0, 1],
    identifier: { item: 'id', read: (text) => text },
    hasFilterable: false,
  });
  const rows = [
    ['35-01', '2'],
    ['35', '01-2'],
    ['35%2D01', '2'],
    ['', '35-01-2'],
  ];
  const subjects = rows.map((row) => form.subjectOf(row));
  t.equal(new Set(subjects).size, rows.length, 'no two rows share a subject');
  t.equal(form.subjectOf(['35', '2']), '35-2', 'values without hyphens are joined as they are');
  for (const row of [['35'], ['35', null], [undefined, '2'], []]) t.equal(form.subjectOf(row), '', 'a part is missing');
});
