import type { EntryDocument } from '../../proto/entry.js';
import type { GrantDocument } from '../../proto/grant.js';
import type { Rows } from '../../proto/rows.js';
import { FILLERS, ITEM_NAMES } from './bench-entry.js';

export const SOURCE_PARTY = 'bench';
export const SUBSCRIBER_PARTY = 'readers';
export const SOURCE_SYSTEM = 'source';

/** What `POST /v1/bundles` takes. */
export interface Bundle {
  parties: object[];
  systems: object[];
  entries: EntryDocument[];
  grants: GrantDocument[];
}

export const tokenOf = (system: string): string => `bench-token-of-${system}-0123456789`;

/** Two departments; the first has one source system, the second the given subscribers. */
export function benchBundle(subscribers: string[], entries: EntryDocument[], grants: GrantDocument[]): Bundle {
  const city = { level: 'city', regionCode: '350100' };
  return {
    parties: [
      { id: SOURCE_PARTY, name: { en: 'Source of a bench' }, ...city },
      { id: SUBSCRIBER_PARTY, name: { en: 'Subscribers of a bench' }, ...city },
    ],
    systems: [
      { id: SOURCE_SYSTEM, party: SOURCE_PARTY, may: ['publish'], token: tokenOf(SOURCE_SYSTEM) },
      ...subscribers.map((id) => ({ id, party: SUBSCRIBER_PARTY, may: ['subscribe'], token: tokenOf(id) })),
    ],
    entries,
    grants,
  };
}

export interface BenchGrant {
  id: string;
  system: string;
  entry: string;
  /** Which fillers are left out, as bits: grants with different ones are different views. */
  without: number;
  rows?: Rows | undefined;
}

export function benchGrant({ id, system, entry, without, rows = {} }: BenchGrant): GrantDocument {
  const items = ITEM_NAMES.filter((name) => {
    const bit = FILLERS.indexOf(name);
    return bit < 0 || ((without >> bit) & 1) === 0;
  });
  return {
    id,
    party: SUBSCRIBER_PARTY,
    system,
    entry,
    items: items.map((name) => ({ name })),
    rows,
    purpose: 'a bench',
    basis: 'a bench',
    period: { from: '2020-01-01', to: '2099-12-31' },
    history: 'all',
  };
}
