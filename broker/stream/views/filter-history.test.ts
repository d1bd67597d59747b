import t from 'tap';
import type { EntryVersion, NumberedItem } from '../../../proto/entry/entry.js';
import { canFilter, filterHistory } from './filter-history.js';

type Zone = 'absent' | 'plain' | 'filterable';

/** Versions of an entry, one a day, in each of which the item `zone` is as told. */
function versionsOf(...zones: Zone[]): EntryVersion[] {
  return zones.map((zone, index) => {
    const id: NumberedItem = { name: 'id', number: 1, type: 'string', identifier: true };
    const item: NumberedItem = { name: 'zone', number: 2, type: 'code', filterable: zone === 'filterable' };
    const items = zone === 'absent' ? [id] : [id, item];
    const publishedAt = new Date(Date.UTC(2026, 0, index + 1)).toISOString();
    return { id: 'a.b', version: index + 1, publishedAt, items } as EntryVersion;
  });
}

const CASES: [Zone[], number | undefined][] = [
  [['filterable', 'filterable'], undefined],
  [['absent', 'filterable'], undefined],
  [['plain', 'filterable'], 2],
  [['plain', 'filterable', 'filterable'], 2],
  [['filterable', 'plain', 'filterable'], 3],
  [['filterable', 'absent', 'filterable'], 3],
  [['absent', 'filterable', 'plain', 'filterable'], 4],
];

for (const [zones, version] of CASES) {
  t.test(`a filter on an item that was ${zones.join(', then ')} reaches back to version ${version ?? 1}`, async (t) => {
    const { fromMs, reason } = filterHistory(versionsOf(...zones), ['zone']);
    t.equal(fromMs, version === undefined ? 0 : Date.UTC(2026, 0, version));
    if (version === undefined) t.equal(reason, '');
    else t.match(reason, new RegExp(`zone .*version ${version} `));
  });
}

t.test('a filter on several items reaches back as far as all of them can be judged', async (t) => {
  const versions = versionsOf('plain', 'filterable', 'filterable');
  t.equal(filterHistory(versions, ['id', 'zone']).fromMs > 0, true);
  t.equal(filterHistory(versions, []).fromMs, 0);
});

t.test('an item that the published version drops or stops to declare filterable cannot be filtered by', async (t) => {
  for (const [zone, expected] of [
    ['filterable', true],
    ['plain', false],
    ['absent', false],
  ] as const)
    t.equal(canFilter(versionsOf(zone)[0] as EntryVersion, ['zone']), expected, zone);
});
