import t from 'tap';
import type { EntryDocument } from '../../../proto/entry/entry.js';
import { toGrant } from '../../grants/grant.js';
import { impactOf } from './entry-impact.js';

const current = {
  id: 'p.e',
  name: { en: 'e' },
  sharingAttribute: 'conditional',
  sharingModes: ['event_stream', 'file_download'],
  items: [
    { name: 'id', type: 'string', identifier: true, maskRule: { keepFirst: 2 } },
    { name: 'region', type: 'string', filterable: true },
    { name: 'address', type: 'string' },
  ],
} as EntryDocument;

const grant = (id: string, items: object[], rows?: object) =>
  toGrant(
    {
      id,
      entry: 'p.e',
      party: 'd',
      system: 's',
      purpose: '',
      basis: '',
      status: 'in_force',
      period: { from: '2026-01-01', to: '2026-12-31' },
      items,
      ...(rows && { rows }),
    } as never,
    1,
  );

t.test('a newer text takes items, rows and modes from the grants that have them, and from no other', async (t) => {
  const [id, region] = current.items as [EntryDocument['items'][0], EntryDocument['items'][0]];
  const newer = { ...current, sharingModes: ['event_stream'], items: [id, { ...region, filterable: false }] };
  const grants = [
    grant('all', [{ name: 'id' }, { name: 'address' }], { region: { prefix: '35' } }),
    grant('few', [{ name: 'id' }]),
  ];
  const mode = { from: ['event_stream', 'file_download'], to: ['event_stream'] };
  t.strictSame(impactOf(current, newer, grants), [
    { grant: 'all', loses: ['address'], rowsBroken: true, newlyDisclosed: [], mode },
    { grant: 'few', loses: [], rowsBroken: false, newlyDisclosed: [], mode },
  ]);
  const more = { ...current, items: [{ ...id, maskRule: { keepFirst: 4 } }, region, ...current.items.slice(2)] };
  t.match(impactOf(current, more as EntryDocument, [grant('masked', [{ name: 'id', transform: 'mask' }])]), [
    { grant: 'masked', loses: [], rowsBroken: false, newlyDisclosed: ['id'], mode: null },
  ]);
});

const MASKS: [before: object | undefined, after: object | undefined, isDisclosed: boolean][] = [
  [{ keepFirst: 2 }, { keepFirst: 1 }, false],
  [{ keepFirst: 2 }, { keepFirst: 1, keepLast: 1 }, true],
  [{ keepFirst: 0 }, undefined, true],
  [undefined, { keepFirst: 1 }, false],
  [{ keepLast: 2 }, { keepFirst: 0, keepLast: 2 }, true],
  [{ keepFirst: 5, keepLast: 5 }, { keepFirst: 3, keepLast: 5 }, true],
  [{ keepFirst: 5, keepLast: 5 }, { keepFirst: 5, keepLast: 4 }, false],
];

for (const [before, after, isDisclosed] of MASKS) {
  const texts = [before, after].map((rule) => JSON.stringify(rule) ?? 'no rule');
  t.test(`a mask of ${texts[1]} after ${texts[0]} shows ${isDisclosed ? 'more' : 'no more'}`, async (t) => {
    const of = (maskRule: object | undefined) =>
      ({ ...current, items: [{ name: 'id', type: 'string', identifier: true, maskRule }] }) as EntryDocument;
    const [impact] = impactOf(of(before), of(after), [grant('masked', [{ name: 'id', transform: 'mask' }])]);
    t.same(impact?.newlyDisclosed, isDisclosed ? ['id'] : []);
  });
}
