import t from 'tap';
import { csv, FIRST, SECOND } from '../../../tests/support/sheets/guide-rows.js';
import { exportFrom, importInto, MemoryDrafts } from '../../../tests/support/sheets/memory-drafts.js';

t.test('any character that an entry may hold goes into csv and comes back', async (t) => {
  const drafts = new MemoryDrafts();
  await importInto(csv(FIRST, SECOND), { drafts, profile: 'guide-2017' });
  const entry = drafts.entries.get('civil.e-306001-1')!;
  drafts.entries.set('civil.e-306001-1', { ...entry, dataClass: 'a\u0000b', category: 'x\ufffdy' });
  const bytes = await exportFrom(drafts, 'guide-2017', 'csv');
  const { lines } = await importInto(bytes, { drafts, profile: 'guide-2017' });
  t.match(lines, [{ result: 'draft', entry: 'civil.e-306001-1', changed: false }]);
});
