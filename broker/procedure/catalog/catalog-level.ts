import { isCanaryEntry } from '../../../proto/canary.js';
import type { PartyDocument } from '../../parties/party.js';
import type { World } from '../engine/machine.js';
import { providerOf } from './entry-file.js';

export interface CatalogLevel {
  level: 'national' | 'regional' | 'department';
  /** Region of a regional catalog, six digits. */
  region?: string | undefined;
  /** Department of a department's catalog. */
  party?: string | undefined;
}

/** A region holds every region whose code begins with its own, without the pairs of zeros at the end. */
const regionPrefix = (region: string): string => region.replace(/(?:00){1,3}$/, '');

/**
 * Ids of the published entries of a catalog, in order: a catalog of a level is nothing of its own, but what the departments
 * of that level or region have published (R12).
 */
export function entriesOfLevel({ catalog, parties }: World, { level, region, party }: CatalogLevel): string[] {
  const isIn = (one: PartyDocument | undefined): boolean => {
    if (!one || (party !== undefined && one.id !== party)) return false;
    return level !== 'regional' || (one.regionCode ?? '').startsWith(regionPrefix(region ?? ''));
  };
  return catalog
    .list()
    .filter(({ id }) => catalog.isPublished(id) && !isCanaryEntry(id) && isIn(parties.get(providerOf(id))))
    .map(({ id }) => id)
    .sort();
}
