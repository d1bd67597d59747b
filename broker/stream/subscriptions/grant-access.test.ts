import t from 'tap';
import type { EntryVersion, MaskRule } from '../../../proto/entry/entry.js';
import { type Grant, toGrant } from '../../grants/grant.js';
import { GrantAccess } from './grant-access.js';

const ENTRY = 'north.people';

const versionOf = (version: number, maskRule: MaskRule): EntryVersion =>
  ({
    id: ENTRY,
    version,
    items: [
      { name: 'id', number: 1, type: 'string', identifier: true },
      { name: 'name', number: 2, type: 'string', maskRule },
      { name: 'region', number: 3, type: 'code', filterable: true },
    ],
  }) as unknown as EntryVersion;

const grantOf = (prefix: string): Grant =>
  toGrant(
    {
      id: 'g',
      system: 's',
      entry: ENTRY,
      items: [{ name: 'id' }, { name: 'name', transform: 'mask' }, { name: 'region' }],
      rows: { region: { prefix } },
      purpose: 'p',
      basis: 'b',
      period: { from: '2020-01-01', to: '2099-12-31' },
      party: 'south',
      status: 'in_force',
    },
    1,
  );

function startAccess() {
  const versions: EntryVersion[] = [versionOf(1, { keepFirst: 1 })];
  const access = new GrantAccess({
    grants: {
      get: () => undefined,
      onChange: () => () => undefined,
      stops: { of: () => undefined, ofEntry: () => undefined, onStop: () => () => undefined },
    },
    entries: {
      published: () => versions.at(-1),
      version: (_entry, number) => versions[number - 1],
      onChange: () => () => undefined,
    },
    ledger: { isFresh: true },
    secret: 'a secret of at least thirty-two characters',
    clock: () => 0,
  });
  const sourceOf = (grant: Grant, narrow?: Parameters<GrantAccess['viewSource']>[1]) =>
    access.viewSource({ grant, version: versions.at(-1) as EntryVersion }, narrow);
  return { versions, sourceOf };
}

t.test('the source of a grant is made once for a version of its entry', async (t) => {
  const { versions, sourceOf } = startAccess();
  const grant = grantOf('35');
  const first = sourceOf(grant);
  const { key } = first;
  t.equal(sourceOf(grant), first);
  versions.push(versionOf(2, { keepFirst: 2 }));
  const second = sourceOf(grant);
  t.not(second.key, key, 'a new version may mask an item otherwise');
  t.equal(sourceOf(grant), second);
});

t.test('a grant that was changed has a source of its own', async (t) => {
  const { sourceOf } = startAccess();
  t.strictSame(sourceOf(grantOf('35')).rows, { region: { prefix: '35' } });
  t.strictSame(sourceOf(grantOf('3501')).rows, { region: { prefix: '3501' } });
});

t.test('the narrowing of one subscription is not that of the next', async (t) => {
  const { sourceOf } = startAccess();
  const grant = grantOf('35');
  const whole = sourceOf(grant);
  const narrowed = sourceOf(grant, { region: { prefix: '3502' } });
  t.strictSame([narrowed.narrow, whole.narrow], [{ region: { prefix: '3502' } }, {}]);
  t.not(narrowed.key, whole.key);
  t.equal(sourceOf(grant), whole);
});
