import t, { type Test } from 'tap';
import { TimeSlice } from '../../proto/async/time-slice.js';
import { openGovernance, operator } from '../../tests/support/broker/governance.js';
import { emptyStore } from '../../tests/support/broker/ledger.js';
import { EntryActs } from '../catalog/entry-acts.js';
import type { Grants } from '../grants/grants.js';
import type { BusMode } from '../parties/permissions.js';
import { parseBundle } from './bundle-document.js';
import { bundleSteps } from './bundle-steps.js';
import { PlannedState } from './planned-state.js';

const BUNDLE = {
  parties: [
    { id: 'civil', name: { zh: '民政局', en: 'Civil Affairs' }, level: 'city', regionCode: '350100' },
    { id: 'health', name: 'Health Commission', level: 'city', regionCode: '350100' },
  ],
  systems: [
    { id: 'registry', party: 'civil', may: ['publish'], token: 'registry-token-0123456789' },
    { id: 'clinic', party: 'health', may: ['subscribe'] },
  ],
  officers: [{ id: 'editor', party: 'civil', roles: ['catalog_editor'] }],
  entries: [
    {
      id: 'civil.birth',
      name: 'Births',
      sharingAttribute: 'conditional',
      items: [
        { name: 'idNumber', type: 'string', identifier: true },
        { name: 'regionCode', type: 'code', filterable: true },
      ],
    },
  ],
  grants: [
    {
      id: 'g-births',
      system: 'clinic',
      entry: 'civil.birth',
      items: [{ name: 'idNumber' }],
      rows: { regionCode: { in: ['350102'] } },
      purpose: 'care of newborns',
      basis: 'Law, art. 1',
      period: { from: '2026-01-01', to: '2036-12-31' },
    },
  ],
};
const LABELS = [
  'party civil',
  'party health',
  'system registry',
  'system clinic',
  'officer editor',
  'entry civil.birth',
  'grant g-births',
];

const open = async (t: Test, mode: BusMode = 'trial') => openGovernance(t, await emptyStore(t), mode);

t.test('a dry run of a bundle shows the difference and records nothing', async (t) => {
  const { bundles, ledger } = await open(t);
  const difference = await bundles.apply(operator, BUNDLE, { dryRun: true });
  t.match(difference, { dryRun: true, create: LABELS, update: [], unchanged: 0, tokens: {} });
  t.same(difference.tokens, {});
  t.equal(ledger.head, 0);
});

t.test('applying a bundle registers everything, returns new tokens once, and is idempotent', async (t) => {
  const { bundles, ledger, credentials, catalog, grants } = await open(t);
  const first = await bundles.apply(operator, BUNDLE, { dryRun: false });
  t.same(first.create, LABELS);
  t.same(Object.keys(first.tokens).sort(), ['officer:editor', 'system:clinic']);
  t.match(credentials.ownerOf(credentials.digestOf('registry-token-0123456789')), { kind: 'system', id: 'registry' });
  t.match(credentials.ownerOf(credentials.digestOf(first.tokens['system:clinic']!)), {
    kind: 'system',
    id: 'clinic',
    party: 'health',
  });
  t.equal(catalog.published('civil.birth')?.version, 1);
  t.match(grants.get('g-births'), { party: 'health', trial: true, rows: { regionCode: { is: '350102' } } });
  t.match(first.warnings, [/^entries\[0\]: outside trial mode/]);
  const head = ledger.head;
  const second = await bundles.apply(operator, BUNDLE, { dryRun: false });
  t.match(second, { create: [], update: [], unchanged: 7 });
  t.equal(ledger.head, head);
  t.notMatch(
    JSON.stringify(await ledger.read({ limit: 100 })),
    /registry-token-0123456789/,
    'no token is in the ledger',
  );
});

t.test('a changed bundle updates what changed: a token, the next version of an entry, a grant', async (t) => {
  const { bundles, credentials, catalog, grants } = await open(t);
  await bundles.apply(operator, BUNDLE, { dryRun: false });
  const changed = structuredClone(BUNDLE);
  changed.systems[0]!.token = 'another-token-0123456789';
  changed.entries[0]!.items.push({ name: 'name', type: 'string', filterable: false });
  changed.grants[0]!.items.push({ name: 'name' });
  const difference = await bundles.apply(operator, changed, { dryRun: false });
  t.same(difference.update, ['system registry', 'entry civil.birth', 'grant g-births']);
  t.equal(credentials.ownerOf(credentials.digestOf('registry-token-0123456789')), undefined);
  t.ok(credentials.ownerOf(credentials.digestOf('another-token-0123456789')));
  t.equal(catalog.published('civil.birth')?.version, 2);
  t.equal(grants.get('g-births')?.items.length, 2);
});

t.test('a short token that the bus has stored stays valid, also when its bundle is applied again', async (t) => {
  const { bundles, ledger, credentials } = await open(t);
  await bundles.apply(operator, BUNDLE, { dryRun: false });
  // Stored by a release that accepted shorter tokens.
  await ledger.append(() => ({
    kind: 'system' as const,
    id: 'registry',
    act: 'put',
    actor: 'officer:platform-operator',
    document: { id: 'registry', party: 'civil', may: ['publish'], credential: credentials.digestOf('short') },
  }));
  t.match(credentials.ownerOf(credentials.digestOf('short')), { id: 'registry' });
  const stored = structuredClone(BUNDLE);
  stored.systems[0]!.token = 'short';
  t.match(await bundles.apply(operator, stored, { dryRun: false }), { update: [], unchanged: 7 });
  stored.systems[0]!.token = 'other';
  await t.rejects(bundles.apply(operator, stored, { dryRun: false }), { code: 'BUNDLE_INVALID' });
});

t.test('every problem of a bundle is listed with its path, and nothing is recorded', async (t) => {
  const { bundles, ledger } = await open(t);
  const bad: Record<string, unknown> = structuredClone(BUNDLE);
  bad.partys = [];
  bad.parties = [...BUNDLE.parties, { id: 'civil', name: 'again', level: 'city', regionCode: '350100' }];
  bad.systems = [
    { id: 'a', party: 'civil' },
    { id: 'b', party: 'gone', may: [], token: 'the-same-token-for-two-owners' },
    { id: 'c', party: 'civil', may: [], token: 'the-same-token-for-two-owners' },
    { id: 'd', party: 'civil', may: [], token: 'short' },
    { id: 'e', party: 'civil', may: [], token: 'a token with spaces of 28 chars' },
    { id: 'f', party: 'civil', may: [], token: 'token-that-no-header-carries-密' },
  ];
  bad.officers = 'none';
  bad.entries = [
    {
      ...BUNDLE.entries[0],
      items: [
        { name: 'x', type: 'text', identifier: true },
        { name: 'y', type: 'string', pattern: '(a*)*b' },
      ],
    },
  ];
  bad.grants = [
    { ...BUNDLE.grants[0], system: 'a', entry: 'civil.none' },
    { ...BUNDLE.grants[0], id: 'g-2', system: 'a' },
  ];
  const refusal = await bundles.apply(operator, bad, { dryRun: true }).catch((error) => error);
  t.equal(refusal.code, 'BUNDLE_INVALID');
  const problems = refusal.where.problems.join('\n');
  for (const expected of [
    /^partys: is not a known field/m,
    /^parties\[2\].id: is the same as in parties\[0\]/m,
    /^systems\[0\].may: is missing/m,
    /^systems\[1\].party: there is no party gone/m,
    /^systems\[2\].token: belongs to another/m,
    /^systems\[3\].token: must have at least 24 characters/m,
    /^systems\[4\].token: must be a string of printable ASCII/m,
    /^systems\[5\].token: must be a string of printable ASCII/m,
    /^officers: must be a list/m,
    /^entries\[0\].items\[0\].type: /m,
    /^entries\[0\].items\[1\].pattern: could take more than linear time/m,
    /^grants\[0\].system: there is no system a/m,
    /^grants\[0\].entry: there is no published entry/m,
    /^grants\[1\].system: there is no system a/m,
  ]) {
    t.match(problems, expected);
  }
  t.notMatch(problems, /^grants\[1\].entry/m, 'the entry is in the bundle and reports its own problems');
  t.equal(ledger.head, 0);
});

t.test('a key without a value is a problem with its path, wherever it stands in a bundle', async (t) => {
  const { bundles, ledger } = await open(t);
  const [grant] = BUNDLE.grants;
  const bad = {
    ...BUNDLE,
    parties: [{ ...BUNDLE.parties[0], superior: null }, BUNDLE.parties[1]],
    officers: null,
    entries: [{ ...BUNDLE.entries[0], conditions: { range: null } }],
    grants: [
      { ...grant, rows: { regionCode: null } },
      { ...grant, id: 'g-2', items: [{ name: 'idNumber', transform: null }] },
      { ...grant, id: 'g-3', rows: { regionCode: { in: ['350102', null] } } },
    ],
  };
  const refusal = await bundles.apply(operator, bad, { dryRun: false }).catch((error) => error);
  t.equal(refusal.code, 'BUNDLE_INVALID');
  const paths = refusal.where.problems
    .filter((problem: string) => problem.includes('has no value'))
    .map((problem: string) => problem.split(':')[0]);
  t.same(paths, [
    'parties[0].superior',
    'officers',
    'entries[0].conditions.range',
    'grants[0].rows.regionCode',
    'grants[1].items[0].transform',
    'grants[2].rows.regionCode.in[1]',
  ]);
  t.equal(ledger.head, 0);
});

t.test('a grant is refused when another broker stops its item from being filterable after the check', async (t) => {
  const opened = await open(t);
  await opened.bundles.apply(operator, BUNDLE, { dryRun: false });
  const slice = new TimeSlice();
  const { bundle } = await parseBundle({ grants: [{ ...BUNDLE.grants[0], id: 'g-2' }] }, slice);
  const planned = await PlannedState.of(bundle, opened, slice);
  const entryActs = new EntryActs({ ...opened, findParty: planned.party, grantsOn: planned.grantsOn });
  const acting = { actor: 'officer:platform-operator', role: 'platform_operator' };
  const step = (await bundleSteps(bundle, { ...opened, planned, entryActs, acting, slice })).at(-1)?.[0];
  t.match(step?.decide(), { act: { act: 'created' } });
  await opened.service.terminate(operator, 'g-births', 'no longer needed');
  const entries = [{ ...BUNDLE.entries[0], items: [BUNDLE.entries[0]!.items[0]] }];
  await opened.bundles.apply(operator, { entries }, { dryRun: false });
  t.throws(() => step?.decide(), { code: 'UNKNOWN_PREDICATE', message: /no such item/ });
});

t.test('a bundle drops an item that filters a grant only together with the filter', async (t) => {
  const { bundles, catalog, service } = await open(t);
  await bundles.apply(operator, BUNDLE, { dryRun: false });
  const entries = [{ ...BUNDLE.entries[0], items: [BUNDLE.entries[0]!.items[0]] }];
  const refusal = await bundles.apply(operator, { entries }, { dryRun: false }).catch((error) => error);
  t.match(refusal.where.problems, [/^entries\[0\].items: regionCode must stay .* grant g-births$/]);
  const { rows: _, ...unfiltered } = BUNDLE.grants[0]!;
  await bundles.apply(operator, { entries, grants: [unfiltered] }, { dryRun: false });
  t.equal(catalog.published('civil.birth')?.items.length, 1);

  await bundles.apply(operator, BUNDLE, { dryRun: false });
  await service.terminate(operator, 'g-births', 'no longer needed');
  await bundles.apply(operator, { entries }, { dryRun: false });
  t.equal(catalog.published('civil.birth')?.items.length, 1, 'a terminated grant does not keep the item');
});

t.test('on a registered bus a bundle may hold parties and systems, and no tokens, entries or grants', async (t) => {
  const { bundles } = await open(t, 'registered');
  const refusal = await bundles
    .apply(operator, { ...BUNDLE, entries: [], grants: [] }, { dryRun: true })
    .catch((e) => e);
  t.equal(refusal.code, 'TRIAL_ONLY');
  t.same(refusal.where.problems, ['systems[0].token: needs trial mode']);
  const lawful = { parties: BUNDLE.parties, systems: [BUNDLE.systems[1]] };
  t.equal((await bundles.apply(operator, lawful, { dryRun: false })).create.length, 3);
});

t.test('a bundle that gives a party the same records hashed and plain is answered with a warning', async (t) => {
  const { bundles } = await open(t);
  const hashed = { ...BUNDLE.grants[0], id: 'g-hashed', items: [{ name: 'idNumber', transform: 'hash' }] };
  const both = { ...BUNDLE, grants: [...BUNDLE.grants, hashed] };
  const { warnings } = await bundles.apply(operator, both, { dryRun: false });
  t.equal(warnings.filter((warning) => /hashed and plain/.test(warning)).length, 1);
});

t.test('what a party holds on an entry is read once for all grants of a bundle', async (t) => {
  const opened = await open(t);
  await opened.bundles.apply(operator, BUNDLE, { dryRun: false });
  const slice = new TimeSlice();
  const list = Array.from({ length: 300 }, (_, i) => ({ ...BUNDLE.grants[0], id: `g-${i}` }));
  const { bundle } = await parseBundle({ grants: list }, slice);
  const planned = await PlannedState.of(bundle, opened, slice);
  const entryActs = new EntryActs({ ...opened, findParty: planned.party, grantsOn: planned.grantsOn });
  let reads = 0;
  const heldBy: Grants['heldBy'] = (...holder) => {
    reads++;
    return opened.grants.heldBy(...holder);
  };
  const grants = { get: (id: string) => opened.grants.get(id), heldBy } as Grants;
  const acting = { actor: 'officer:platform-operator', role: 'platform_operator' };
  const steps = await bundleSteps(bundle, { ...opened, grants, planned, entryActs, acting, slice });
  for (const step of steps.at(-1) ?? []) t.match(step.decide(), { act: { act: 'created' }, warnings: [] });
  t.equal(reads, 1);
});

t.test('a grant that was terminated stays terminated when a bundle declares it', async (t) => {
  const { bundles, service, grants } = await open(t);
  await bundles.apply(operator, BUNDLE, { dryRun: false });
  await service.terminate(operator, 'g-births', 'no longer needed');
  const { warnings, unchanged } = await bundles.apply(operator, BUNDLE, { dryRun: false });
  t.equal(unchanged, 7);
  t.match(warnings.at(-1), /g-births: is terminated and stays so/);
  t.equal(grants.get('g-births')?.status, 'terminated');
});

t.test('a bundle of 3,000 entries is applied, and applied again without a change', async (t) => {
  const { bundles, catalog } = await open(t);
  const entries = Array.from({ length: 3_000 }, (_, i) => ({ ...BUNDLE.entries[0], id: `civil.e${i}` }));
  const large = { parties: BUNDLE.parties, entries };
  t.equal((await bundles.apply(operator, large, { dryRun: false })).create.length, 3_002);
  t.equal(catalog.size, 3_000);
  t.equal((await bundles.apply(operator, large, { dryRun: false })).unchanged, 3_002);
});
