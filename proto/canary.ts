import { type EntryDocument, splitEntryId } from './entry/entry.js';
import type { GrantDocument } from './entry/grant.js';

/** The built-in party whose synthetic records show all day that the bus delivers, and that it leaks nothing. */
export const CANARY_PARTY = 'sluice-canary';
/** Publishes the records of the canary. */
export const CANARY_SOURCE = 'sluice-canary-source';
/** Holds the grants of the canary. */
export const CANARY_FOLLOWER = 'sluice-canary-follower';

/** Ids of parties, systems, officers and grants that begin like this are kept for it: nobody else shall be taken for it. See docs/decisions/0400. */
export const isCanaryName = (id: string): boolean => id.startsWith(CANARY_PARTY);

/** One entry, and one grant on it, for each partition. */
export const canaryEntryId = (partition: number): string => `${CANARY_PARTY}.partition-${partition}`;
export const canaryGrantId = (partition: number): string => `${CANARY_PARTY}-${partition}`;

export const isCanaryEntry = (id: string): boolean => splitEntryId(id).party === CANARY_PARTY;

/** Records in this lane are granted; those in the other one are nobody's. */
export const SHOWN_LANE = 'shown';
export const HIDDEN_LANE = 'hidden';

export function canaryEntry(partition: number): EntryDocument {
  return {
    id: canaryEntryId(partition),
    name: { en: `Canary of partition ${partition}`, zh: `分区 ${partition} 的探测记录` },
    sharingAttribute: 'conditional',
    retentionDays: 1,
    items: [
      { name: 'key', type: 'string', identifier: true },
      { name: 'round', type: 'string' },
      { name: 'sentAt', type: 'integer' },
      { name: 'lane', type: 'code', filterable: true, codeTable: [SHOWN_LANE, HIDDEN_LANE] },
      { name: 'masked', type: 'string' },
      { name: 'hashed', type: 'string' },
      { name: 'born', type: 'date' },
      { name: 'secret', type: 'string' },
      { name: 'secrets', type: 'string', list: true },
      { name: 'secretObject', type: 'object' },
    ],
  };
}

export function canaryGrant(partition: number): GrantDocument {
  return {
    id: canaryGrantId(partition),
    system: CANARY_FOLLOWER,
    entry: canaryEntryId(partition),
    items: [
      { name: 'key' },
      { name: 'round' },
      { name: 'sentAt' },
      { name: 'masked', transform: 'mask' },
      { name: 'hashed', transform: 'hash' },
      { name: 'born', transform: 'year' },
    ],
    rows: { lane: { is: SHOWN_LANE } },
    purpose: 'watching over the bus',
    basis: 'made by the bus itself, synthetic values only',
    period: { from: '2020-01-01', to: '2999-12-31' },
    history: 'all',
  };
}
