import type { EntryDocument } from '../../proto/entry/entry.js';
import type { GrantDocument } from '../../proto/entry/grant.js';
import type { Rows } from '../../proto/entry/rows.js';
import { itemsWithout } from './bench-entry.js';

const SOURCE_PARTY = 'bench';
export const SOURCE_SYSTEM = 'source';

/** The body of `POST /v1/bundles`. */
export interface Bundle {
  parties: object[];
  systems: object[];
  entries: EntryDocument[];
  grants: GrantDocument[];
}

const partyOf = (system: string): string => `department-of-${system}`;

export const tokenOf = (system: string): string => `bench-token-of-${system}-0123456789`;

/** One department with a source system, and one department for each subscriber. */
export function benchBundle(subscribers: string[], entries: EntryDocument[], grants: GrantDocument[]): Bundle {
  const city = { level: 'city', regionCode: '350100' };
  return {
    parties: [
      { id: SOURCE_PARTY, name: { en: 'Source of a bench' }, ...city },
      ...subscribers.map((id) => ({ id: partyOf(id), name: { en: 'Subscriber of a bench' }, ...city })),
    ],
    systems: [
      { id: SOURCE_SYSTEM, party: SOURCE_PARTY, may: ['publish'], token: tokenOf(SOURCE_SYSTEM) },
      ...subscribers.map((id) => ({ id, party: partyOf(id), may: ['subscribe'], token: tokenOf(id) })),
    ],
    entries,
    grants,
  };
}

export interface BenchGrant {
  id: string;
  system: string;
  entry: string;
  /** The fillers that are left out, as bits: grants with different ones are different views. */
  without: number;
  rows?: Rows | undefined;
}

export function benchGrant({ id, system, entry, without, rows = {} }: BenchGrant): GrantDocument {
  return {
    id,
    party: partyOf(system),
    system,
    entry,
    items: itemsWithout(without).map((name) => ({ name })),
    rows,
    purpose: 'a bench',
    basis: 'a bench',
    period: { from: '2020-01-01', to: '2099-12-31' },
    history: 'all',
  };
}
