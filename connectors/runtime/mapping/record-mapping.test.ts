import t from 'tap';
import type { EntryVersion } from '../../../proto/entry/entry.js';
import { mappingProblems } from './record-mapping.js';

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
