import t from 'tap';
import type { LawfulProblem, SluiceError } from '../../../proto/errors.js';
import { parseProfile, tableProfile } from './profile-document.js';
import { StoredProfiles } from './stored-profiles.js';

const ACTING = { actor: 'officer:chen', role: 'catalog_editor' } as const;

/** Stores a profile as a party does that has stored the others. */
function store(text: string, others: Record<string, string> = {}) {
  const profiles = new StoredProfiles();
  for (const [name, one] of Object.entries(others)) profiles.load({ state: [`civil.${name}`, one] });
  return () => profiles.store(['civil'], /profile: (\w+)/.exec(text)?.[1] ?? '', parseProfile(text), ACTING);
}

const faultsOf = (text: string): LawfulProblem[] => {
  try {
    tableProfile(parseProfile(text), () => undefined);
    return [];
  } catch (error) {
    return (error as SluiceError).where.problems as LawfulProblem[];
  }
};

t.test('every fault of a profile has its path and code', async (t) => {
  const text = `
profile: own
entries: { headerRows: 3, key: 名称, id: { form: 编号 } }
columns: { 名/称: { field: name.zh, maps: {} }, 名称: {} }
itemColumns: { 项: { field: title.zh, required: 1 } }
`;
  t.match(faultsOf(text), [
    { path: '/entries/headerRows', code: 'BAD_REQUEST', text: 'must be a whole number from 1 to 2' },
    { path: '/entries/id/form', text: 'is not a known field' },
    { path: '/entries/id/from', text: 'is missing' },
    { path: '/columns/名~1称/maps', text: 'is not a known field' },
    { path: '/columns/名称/field', text: 'is missing' },
    { path: '/itemColumns/项/required' },
  ]);
  t.match(faultsOf('profile: own\nentries: { headerRows: 1 }'), [
    { path: '/entries/key' },
    { path: '/entries/id' },
    { path: '/items/join' },
  ]);
  t.match(faultsOf('[]'), [{ path: '', text: 'must be a map' }]);
});

t.test('half a surrogate pair in a profile has its path, below a map of words that of the map', async (t) => {
  const text = `
profile: own
columns: { 名称: { field: "profile.\\ud83d" }, 词: { field: dataClass, map: { a: "\\ud83d" } } }
`;
  t.match(faultsOf(text), [
    { path: '/columns/名称/field', code: 'BAD_REQUEST', text: 'is not well-formed Unicode' },
    { path: '/columns/词/map' },
  ]);
});

for (const field of ['id', 'items', 'items.name']) {
  t.test(`no column states ${field}, which the import decides`, async (t) => {
    const text = `profile: own\nbase: guide-2017\ncolumns: { 标识: { field: ${field} } }`;
    t.match(faultsOf(text), [{ path: '/columns/标识/field' }]);
  });
}

for (const text of [
  'a: &a [*a]',
  'profile: own\ncolumns: &a { x: *a }',
  'profile: own\ncolumns: { x: { map: &m { y: *m } } }',
]) {
  t.test(`a profile that stands in itself is refused: ${JSON.stringify(text)}`, async (t) => {
    t.throws(() => parseProfile(text), { code: 'BAD_REQUEST', message: /nests deeper/ });
  });
}

t.test('a profile that stands on itself, or on one that stands on it, is not stored', async (t) => {
  const refused = { code: 'BAD_REQUEST', message: /stand on each other/ };
  const guide = '{"profile":"a","base":"guide-2017"}';
  t.match(store('profile: b\nbase: a', { a: guide })(), { kind: 'profile', id: 'civil.b' });
  t.throws(store('profile: a\nbase: a', { a: guide }), refused);
  t.throws(store('profile: a\nbase: b', { a: guide, b: '{"profile":"b","base":"a"}' }), refused);
});
