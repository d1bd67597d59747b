import t from 'tap';
import type { EntryVersion } from '../../../proto/entry/entry.js';
import { mappingProblems, RecordMapping } from './record-mapping.js';

const entry = {
  id: 'p.e',
  version: 1,
  items: [
    { name: 'id', number: 1, type: 'string', identifier: true },
    { name: 'name', number: 2, type: 'string' },
  ],
} as unknown as EntryVersion;
const to = (item: string) => ({ item });

t.test('two columns that become one item are refused, since one of them would be lost', async (t) => {
  const columns = { no: to('id'), name: to('name'), nick: to('name') };
  t.match(mappingProblems({ entry: 'p.e', columns }, ['no'], entry), [/columns name, nick become one item, name/]);
  t.same(mappingProblems({ entry: 'p.e', columns: { no: to('id'), name: to('name') } }, ['no'], entry), []);
});

t.test('codes of a key are refused, since two rows could become one record', async (t) => {
  const columns = { no: { item: 'id', codes: { a: 'b' } } };
  t.match(mappingProblems({ entry: 'p.e', columns }, ['no'], entry), [
    /column no is the key, which codes cannot change/,
  ]);
});

t.test(
  'rows whose keys differ in their text only are not one record, unless the source compares all keys',
  async (t) => {
    const items = [{ name: 'id', number: 1, type: 'integer', identifier: true }];
    const numbered = { ...entry, items } as unknown as EntryVersion;
    const subjects = (keys?: 'compared') => {
      const mapping = new RecordMapping({ entry: 'p.e', columns: { no: to('id') } }, ['no'], numbered, keys);
      return ['1', '01', '+1', '-0'].map((no) => mapping.dataOf({ no }).id);
    };
    t.same(subjects(), [1, '01', '+1', '-0'], 'the catalog refuses a text');
    t.same(subjects('compared'), [1, 1, 1, 0]);
  },
);
