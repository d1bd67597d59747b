import t from 'tap';
import type { EntryDocument } from '../../proto/entry/entry.js';
import { EntrySearch } from './entry-search.js';

const entry = (id: string, change: Partial<EntryDocument> = {}): EntryDocument => ({
  id,
  name: id,
  sharingAttribute: 'unconditional',
  items: [{ name: 'id', type: 'string', identifier: true }],
  ...change,
});

const search = new EntrySearch();
search.put(entry('civil.birth', { name: { zh: '出生登记', en: 'Births' }, abstract: 'Newborn citizens' }));
search.put(
  entry('tax.payer', {
    sharingAttribute: 'conditional',
    items: [{ name: 'legalName', type: 'string', title: { zh: '企业名称', en: 'Legal name' }, identifier: true }],
  }),
);
search.put(entry('tax.return'));
const found = (query: object) => search.find({ limit: 10, ...query }).ids;

t.test(
  'a search finds entries by id, names, abstract, item names and titles, in both languages and any case',
  async (t) => {
    t.same(found({ q: '出生' }), ['civil.birth']);
    t.same(found({ q: 'BIRTHS newborn' }), ['civil.birth']);
    t.same(found({ q: 'LEGALname' }), ['tax.payer']);
    t.same(found({ q: '企业' }), ['tax.payer']);
    t.same(found({ q: 'tax.' }), ['tax.payer', 'tax.return']);
    t.same(found({ q: 'nothing like it' }), []);
  },
);

t.test('a search filters by party and attribute', async (t) => {
  t.same(found({ party: 'tax' }), ['tax.payer', 'tax.return']);
  t.same(found({ party: 'tax', attribute: 'conditional' }), ['tax.payer']);
});

t.test('a search pages in the order of the ids', async (t) => {
  const first = search.find({ limit: 2 });
  t.same(first, { ids: ['civil.birth', 'tax.payer'], next: 'tax.payer' });
  t.same(search.find({ limit: 2, after: first.next }), { ids: ['tax.return'], next: undefined });
});

t.test('a page reads the entries after its beginning until it is full, and no others', async (t) => {
  const large = new EntrySearch();
  let read = 0;
  for (let i = 0; i < 1_000; i++) {
    large.putSearchable(`party.entry${String(i).padStart(4, '0')}`, {
      party: 'party',
      attribute: 'conditional',
      get text() {
        read++;
        return `entry ${i}`;
      },
    });
  }
  t.equal(large.find({ q: 'entry', limit: 50, after: 'party.entry0800' }).ids[0], 'party.entry0801');
  t.equal(read, 51, 'one more than the page, which shows that there is another');
  read = 0;
  t.same(large.find({ q: 'nothing entry', limit: 50 }).ids, []);
  t.equal(read, 1_000, 'an entry is left at the first word that it lacks');
});
