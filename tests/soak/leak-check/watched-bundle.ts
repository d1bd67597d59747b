import type { Rows } from '../../../proto/entry/rows.js';

export const READER_TOKEN = 'reader-token-of-this-soak';

const period = { from: '2020-01-01', to: '2099-12-31' };
const grant = (id: string, items: object[], rows: Rows): object => ({
  id,
  system: 'south-read',
  entry: 'north.people',
  items,
  rows,
  purpose: 'p',
  basis: 'b',
  period,
  history: 'all',
});

/** Every type of item, every transform and every kind of predicate. */
export const WATCHED_BUNDLE = {
  parties: ['north', 'south'].map((id) => ({ id, name: id, level: 'city', regionCode: '350100' })),
  systems: [{ id: 'south-read', party: 'south', may: ['subscribe'], token: READER_TOKEN }],
  entries: [
    {
      id: 'north.people',
      name: 'People',
      sharingAttribute: 'conditional',
      items: [
        { name: 'id', type: 'string', identifier: true },
        { name: 'name', type: 'string' },
        { name: 'phone', type: 'string', maskRule: { keepFirst: 3, keepLast: 4 } },
        { name: 'born', type: 'date', filterable: true },
        { name: 'secret', type: 'string' },
        { name: 'region', type: 'string', filterable: true },
        { name: 'kind', type: 'string', filterable: true },
        { name: 'income', type: 'decimal', filterable: true },
        { name: 'children', type: 'integer', filterable: true },
        { name: 'seenAt', type: 'datetime', filterable: true },
        { name: 'nicknames', type: 'string', list: true },
        { name: 'notes', type: 'object' },
        { name: 'active', type: 'boolean', filterable: true },
        { name: 'nam', type: 'string' },
        { name: 'retired', type: 'string' },
      ],
    },
  ],
  grants: [
    grant('g-plain', [{ name: 'id' }, { name: 'name' }, { name: 'region' }], { region: { prefix: '3501' } }),
    grant(
      'g-transformed',
      [
        { name: 'id', transform: 'hash' },
        { name: 'name', transform: 'mask' },
        { name: 'phone', transform: 'hash' },
        { name: 'born', transform: 'year' },
        { name: 'nicknames' },
      ],
      { region: { in: ['350102', '350103'] }, kind: { notIn: ['sealed'] }, children: { min: 1, max: 4 } },
    ),
    grant('g-times', [{ name: 'id' }, { name: 'born' }, { name: 'active' }], {
      born: { from: '1980-01-01', to: '1999-12-31' },
      seenAt: { from: '2026-01-01', to: '2026-06-30' },
      income: { min: '100.00', max: '2000.50' },
    }),
    grant('g-narrowed', [{ name: 'id' }, { name: 'region' }, { name: 'children' }], { region: { prefix: '35' } }),
    grant('g-masked', [{ name: 'id' }, { name: 'phone', transform: 'mask' }, { name: 'retired' }], {
      kind: { is: 'open' },
      region: { in: ['350102', '350103'] },
      children: { min: 1 },
    }),
    grant('g-all', [{ name: 'id' }, { name: 'nicknames', transform: 'mask' }, { name: 'notes' }], {}),
  ],
};

/** The next version of the entry: one item is dropped, another comes. */
export const NEXT_VERSION = {
  entries: WATCHED_BUNDLE.entries.map((entry) => ({
    ...entry,
    items: [...entry.items.filter(({ name }) => name !== 'retired'), { name: 'added', type: 'string' }],
  })),
};

export const WATCHED_GRANTS = WATCHED_BUNDLE.grants.map((one) => (one as { id: string }).id);
export const NARROW: Rows = { region: { is: '350102' }, children: { min: 2 } };
