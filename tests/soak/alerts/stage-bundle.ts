export const SOURCE_TOKEN = 'source-token-of-this-soak';
export const READER_TOKEN = 'reader-token-of-this-soak';

export const LASTING = { from: '2020-01-01', to: '2099-12-31' };

export const permitGrant = (period = LASTING): object => ({
  id: 'g',
  system: 'south-read',
  entry: 'north.permit',
  items: [{ name: 'id' }, { name: 'text' }],
  rows: {},
  purpose: 'p',
  basis: 'b',
  period,
  history: 'all',
});

export const STAGE_BUNDLE = {
  parties: ['north', 'south'].map((id) => ({ id, name: id, level: 'city', regionCode: '350100' })),
  systems: [
    { id: 'north-source', party: 'north', may: ['publish'], token: SOURCE_TOKEN },
    { id: 'south-read', party: 'south', may: ['subscribe'], token: READER_TOKEN },
  ],
  entries: ['north.permit', 'north.licence'].map((id) => ({
    id,
    name: id,
    sharingAttribute: 'conditional',
    updateFrequency: 'daily',
    items: [
      { name: 'id', type: 'string', identifier: true },
      { name: 'text', type: 'string' },
      { name: 'secret', type: 'string' },
    ],
  })),
  grants: [permitGrant()],
};
