import type { EntryDocument } from '../../../proto/entry/entry.js';
import type { GrantDocument } from '../../../proto/entry/grant.js';

export const KILL_TOKENS = { source: 'kill-source-token-0123456789', reader: 'kill-reader-token-0123456789' };

export const KILL_ENTRY: EntryDocument = {
  id: 'phoenix.flight',
  name: { en: 'Flights' },
  sharingAttribute: 'unconditional',
  items: [
    { name: 'key', type: 'string', identifier: true },
    { name: 'serial', type: 'integer' },
    { name: 'zone', type: 'code', codeTable: ['north', 'south'], filterable: true },
    { name: 'pilot', type: 'string' },
  ],
};

const grant = (document: Pick<GrantDocument, 'id' | 'items' | 'rows'>): GrantDocument => ({
  ...document,
  system: 'kill-reader',
  entry: KILL_ENTRY.id,
  purpose: 'a test',
  basis: 'a test',
  period: { from: '2020-01-01', to: '2099-12-31' },
  history: 'all',
});

export const KILL_GRANTS = {
  all: grant({ id: 'kill-all', items: KILL_ENTRY.items.map(({ name }) => ({ name })) }),
  north: grant({
    id: 'kill-north',
    items: [{ name: 'key' }, { name: 'serial' }],
    rows: { zone: { is: 'north' } },
  }),
  veiled: grant({
    id: 'kill-veiled',
    items: [{ name: 'key', transform: 'hash' }, { name: 'pilot', transform: 'mask' }, { name: 'serial' }],
  }),
};

const party = (id: string) => ({ id, name: { en: id }, level: 'city', regionCode: '350100' });

export const KILL_BUNDLE = {
  parties: [party('phoenix'), party('ground')],
  systems: [
    { id: 'kill-source', party: 'phoenix', may: ['publish'], token: KILL_TOKENS.source },
    { id: 'kill-reader', party: 'ground', may: ['subscribe'], token: KILL_TOKENS.reader },
  ],
  entries: [KILL_ENTRY],
  grants: Object.values(KILL_GRANTS),
};
