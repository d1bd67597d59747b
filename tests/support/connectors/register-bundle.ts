import type { SourceEvent } from '../../../proto/event/event.js';

/** A small register with one source and two subscribers. The token of each system is its id. */
const REGISTER_ENTRY = 'registry.person';

export const REGISTER_BUNDLE = {
  parties: [
    { id: 'registry', name: 'Registry', level: 'city', regionCode: '350100' },
    { id: 'reader', name: 'Reader', level: 'city', regionCode: '350100' },
  ],
  systems: [
    { id: 'registry-source', party: 'registry', may: ['publish'], token: 'registry-source-token-0123456789' },
    { id: 'reader-one', party: 'reader', may: ['subscribe'], token: 'reader-one-token-0123456789' },
    { id: 'reader-two', party: 'reader', may: ['subscribe'], token: 'reader-two-token-0123456789' },
  ],
  entries: [
    {
      id: REGISTER_ENTRY,
      name: 'Person',
      sharingAttribute: 'conditional',
      items: [
        { name: 'key', type: 'string', identifier: true },
        { name: 'district', type: 'string', filterable: true },
        { name: 'born', type: 'date' },
        { name: 'income', type: 'decimal', personal: 'sensitive' },
        { name: 'number', type: 'integer' },
      ],
    },
  ],
  grants: [grant('g-one', 'reader-one'), grant('g-two', 'reader-two')],
};

function grant(id: string, system: string): object {
  return {
    id,
    system,
    entry: REGISTER_ENTRY,
    items: [{ name: 'key' }, { name: 'district' }, { name: 'number' }],
    purpose: 'tests',
    basis: 'tests',
    period: { from: '2020-01-01', to: '2099-12-31' },
    history: 'all',
  };
}

/** The first event of person number `number`. */
export function person(number: number): SourceEvent {
  const key = `p${number}`;
  return {
    specversion: '1.0',
    id: `e${number}`,
    type: REGISTER_ENTRY,
    op: 'create',
    data: { key, district: '350102', born: '1990-01-31', income: '1234.50', number },
  };
}
