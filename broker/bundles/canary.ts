import {
  CANARY_FOLLOWER,
  CANARY_PARTY,
  CANARY_SOURCE,
  canaryEntry,
  canaryEntryId,
  canaryGrant,
  canaryGrantId,
} from '../../proto/canary.js';
import { SluiceError } from '../../proto/errors.js';
import type { Catalog } from '../catalog/catalog.js';
import { type PublishedEntry, toEntryVersion } from '../catalog/entry-state.js';
import { numberItems } from '../catalog/item-numbers.js';
import type { StoredGrant } from '../grants/grant.js';
import { canonicalGrant } from '../grants/grant-acts.js';
import type { Grants } from '../grants/grants.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Act } from '../ledger/record.js';
import type { Parties, Systems } from '../parties/parties.js';
import type { PartyDocument } from '../parties/party.js';
import type { StoredSystem } from '../parties/system.js';

export interface CanaryDeps {
  ledger: Pick<Ledger, 'appendAll'>;
  parties: Pick<Parties, 'get'>;
  systems: Pick<Systems, 'get'>;
  catalog: Pick<Catalog, 'state'>;
  grants: Pick<Grants, 'get'>;
  partitions: number;
  clock: () => number;
}

/**
 * Makes the party of the canary with its two systems, and an entry with its grant for each partition, as far as the ledger
 * lacks them: the only rights that the bus gives by itself, in every mode. Nothing goes in, so no other entry or grant
 * can be made in this way; every other door refuses the name. A full store leaves them to the next start.
 * See docs/decisions/0120.
 */
export async function foundCanary(deps: CanaryDeps): Promise<void> {
  await deps.ledger
    .appendAll(() => canaryActs(deps))
    .catch((error: unknown) => {
      if (!(error instanceof SluiceError && error.code === 'STORE_FULL')) throw error;
    });
}

const made = (kind: Act['kind'], id: string, act: string, document: unknown): Act => ({
  kind,
  id,
  act,
  actor: 'bus',
  document,
});

function canaryActs({ parties, systems, catalog, grants, partitions, clock }: CanaryDeps): Act[] {
  const acts: Act[] = [];
  if (!parties.get(CANARY_PARTY)) acts.push(made('party', CANARY_PARTY, 'put', PARTY));
  for (const system of SYSTEMS) if (!systems.get(system.id)) acts.push(made('system', system.id, 'put', system));
  for (let partition = 0; partition < partitions; partition++) {
    const published = publishedAt(partition, clock());
    if (!catalog.state(canaryEntryId(partition))) {
      const document = { status: 'published', published };
      acts.push(made('entry', canaryEntryId(partition), 'published', document));
    }
    if (grants.get(canaryGrantId(partition))) continue;
    const canonical = canonicalGrant(canaryGrant(partition), CANARY_PARTY, toEntryVersion(published));
    const stored: StoredGrant = { ...(canonical as StoredGrant), status: 'in_force' };
    acts.push(made('grant', canaryGrantId(partition), 'created', stored));
  }
  return acts;
}

const PARTY: PartyDocument = {
  id: CANARY_PARTY,
  name: { en: 'Canary of the bus', zh: '总线自检' },
  level: 'national',
  description: 'Made by the bus: synthetic records that show that it delivers and does not leak.',
};

/** Without tokens: an operator gives them to the process of the canary. */
const SYSTEMS: readonly StoredSystem[] = [
  { id: CANARY_SOURCE, party: CANARY_PARTY, may: ['publish'] },
  { id: CANARY_FOLLOWER, party: CANARY_PARTY, may: ['subscribe'] },
];

/** The partition is the one that is watched, not the one that the id hashes to. */
function publishedAt(partition: number, nowMs: number): PublishedEntry {
  const document = canaryEntry(partition);
  const numbers = numberItems(
    document.items.map(({ name }) => name),
    {},
  );
  return { version: 1, partition, publishedAt: new Date(nowMs).toISOString(), numbers, document };
}
