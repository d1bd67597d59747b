import t from 'tap';
import type { PartyDocument } from './party.js';
import { officerProblems, partyProblems, systemProblems } from './party-problems.js';

const tree: Record<string, PartyDocument> = {
  top: { id: 'top', name: 'Top', level: 'province', regionCode: '350000' },
  under: { id: 'under', name: 'Under', level: 'city', regionCode: '350100', superior: 'top' },
};
const find = (id: string) => tree[id];
const lawful = { isTrial: false };

t.test('a party with everything in place has no problem', async (t) => {
  t.same(
    partyProblems({ ...tree.under, name: { zh: '民政局', en: 'Civil Affairs' }, type: 'gov_dept' }, find, lawful),
    [],
  );
});

t.test('all problems of a party are listed at once, each with its path', async (t) => {
  const problems = partyProblems(
    { id: 'Not A Token', name: {}, level: 'moon', regionCode: 17, colour: 'red' },
    find,
    lawful,
  );
  t.match(problems, [/^colour: /, /^id: /, /^name: /, /^level: /, /^regionCode: /]);
});

t.test('the line of superiors of a party must exist and contain no cycle', async (t) => {
  t.match(partyProblems({ ...tree.under, superior: 'nobody' }, find, lawful), [/no party nobody/]);
  t.match(partyProblems({ ...tree.top, superior: 'under' }, find, lawful), [/contains a cycle/]);
  t.match(partyProblems({ ...tree.top, superior: 'top' }, find, lawful), [/contains a cycle/]);
});

t.test('a party of a registered bus needs a region, an authorised organisation the law that empowers it', async (t) => {
  const bare = { id: 'x', name: 'X', level: 'city' };
  t.match(partyProblems(bare, find, lawful), [/^regionCode: is missing/]);
  t.same(partyProblems(bare, find, { isTrial: true }), []);
  t.match(partyProblems({ ...tree.under, type: 'authorised_org' }, find, lawful), [/^empoweringProvision/]);
});

t.test('a system and an officer belong to a known party and have known rights and roles', async (t) => {
  t.same(systemProblems({ id: 's', party: 'top', may: ['publish'] }, find), []);
  t.match(systemProblems({ id: 's', party: 'gone', may: ['publish'] }, find), [/no party gone/]);
  t.match(systemProblems({ id: 's', party: 'top', may: ['rule'] }, find), [/^may: /]);
  t.same(officerProblems({ id: 'o', party: 'top', roles: ['catalog_editor'] }, find), []);
  t.match(officerProblems({ id: 'o', party: 'top', roles: ['king'] }, find), [/^roles: /]);
});
