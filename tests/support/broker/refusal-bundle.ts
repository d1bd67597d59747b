/** Two departments, one entry and grants in every state, for tests of what is refused. */
export const PARTY = 'county-registry';
export const ENTRY = `${PARTY}.shop`;
export const FOREIGN_ENTRY = 'county-health.clinic';
export const TOKENS = {
  source: 'token-of-the-source-0123456789',
  reader: 'token-of-the-reader-0123456789',
  stranger: 'token-of-the-stranger-0123456789',
} as const;

/** As published: item numbers are given in this order. */
export const SHOP_ITEMS = [
  { name: 'id', type: 'string', identifier: true },
  { name: 'name', type: 'string' },
  { name: 'district', type: 'code', filterable: true },
  { name: 'staff', type: 'integer' },
] as const;

const ALWAYS = { from: '2020-01-01', to: '2099-12-31' };
const LONG_AGO = { from: '2020-01-01', to: '2020-12-31' };

const grant = (id: string, system: string, period: object): object => ({
  id,
  system,
  entry: ENTRY,
  items: [{ name: 'id' }, { name: 'district' }],
  period,
  history: 'all',
  purpose: 'test',
  basis: 'test',
});

export const REFUSAL_BUNDLE = {
  parties: [
    { id: PARTY, name: { en: 'Registry' }, level: 'county', regionCode: '350102' },
    { id: 'county-health', name: { en: 'Health' }, level: 'county', regionCode: '350102' },
  ],
  systems: [
    { id: 'registry-db', party: PARTY, may: ['publish'], token: TOKENS.source },
    { id: 'health-reader', party: 'county-health', may: ['subscribe'], token: TOKENS.reader },
    { id: 'health-other', party: 'county-health', may: ['subscribe'], token: TOKENS.stranger },
  ],
  entries: [
    { id: ENTRY, name: 'Shops', sharingAttribute: 'conditional', items: SHOP_ITEMS },
    {
      id: FOREIGN_ENTRY,
      name: 'Clinics',
      sharingAttribute: 'conditional',
      items: [{ name: 'id', type: 'string', identifier: true }],
    },
  ],
  grants: [
    grant('g-shops', 'health-reader', ALWAYS),
    grant('g-others', 'health-other', ALWAYS),
    grant('g-expired', 'health-reader', LONG_AGO),
  ],
};
