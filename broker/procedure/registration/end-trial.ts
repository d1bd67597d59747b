import { CANARY_PARTY, isCanaryEntry } from '../../../proto/canary.js';
import { splitEntryId } from '../../../proto/entry/entry.js';
import type { Catalog } from '../../catalog/catalog.js';
import type { Grants } from '../../grants/grants.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Act } from '../../ledger/record.js';
import { FIRST_OPERATOR } from '../../parties/bootstrap.js';
import type { BusFacts } from '../../parties/bus-facts.js';
import type { Officers, Systems } from '../../parties/parties.js';
import type { FileRef } from '../files/file.js';
import type { FileReader } from '../files/file-reader.js';
import { endedGrant, endedOfficer, endedSystem, unpublishedEntry } from './ended-acts.js';

export interface EndTrialDeps {
  ledger: Pick<Ledger, 'appendAll'>;
  facts: Pick<BusFacts, 'isTrialStanding'>;
  files: Pick<FileReader, 'getMany'>;
  grants: Grants;
  catalog: Catalog;
  officers: Officers;
  systems: Systems;
  /** Puts the first platform operator of the registered bus in place of the trial's. */
  operator(): Act;
}

/** Acts of one append: some megabytes with entries of usual size. */
const ACTS_PER_APPEND = 250;

const TRIAL_ENDED: Act = { kind: 'bus', id: 'bus', act: 'trial-ended', actor: 'bus', document: {} };

/** Something of the trial, and the act that ends it as it stands when the act is appended; undefined when it has ended. */
interface Remainder {
  ref: FileRef;
  act(): Act | undefined;
}

/**
 * Ends what the trial of a bus has left, in appends of a bounded size. Each decides on the state that it follows, so that
 * brokers that start together, and a start after a kill, do what is left and nothing twice. A thing with a file was made
 * or taken over by the lawful procedure, and stays as it is. The operator comes last, so that its token is known to who
 * has seen the end. Returns whether this broker made the end. docs/decisions/0161
 */
export async function endTrial(deps: EndTrialDeps): Promise<boolean> {
  const { ledger, facts, files, operator } = deps;
  if (!facts.isTrialStanding) return false;
  const remainders = remaindersOf(deps);
  for (let offset = 0; offset < remainders.length; offset += ACTS_PER_APPEND) {
    const some = remainders.slice(offset, offset + ACTS_PER_APPEND);
    await ledger.appendAll(
      async (head) => {
        if (!facts.isTrialStanding) return [];
        const taken = await files.getMany(
          some.map(({ ref }) => ref),
          head,
        );
        return some.flatMap(({ act }, index) => (taken[index] ? [] : (act() ?? [])));
      },
      { endsRights: true },
    );
  }
  const last = () => (facts.isTrialStanding ? [operator(), TRIAL_ENDED] : []);
  return (await ledger.appendAll(last, { endsRights: true, atomic: true })).length > 0;
}

/** Rights first: a start that breaks off has ended them. */
function remaindersOf({ grants, catalog, officers, systems }: EndTrialDeps): Remainder[] {
  return [
    ...grants
      .list()
      .filter(({ party }) => party !== CANARY_PARTY)
      .map(({ id }) => ({ ref: { kind: 'grants' as const, id }, act: () => endedGrant(grants.get(id)) })),
    ...systems
      .list()
      .filter(({ party }) => party !== CANARY_PARTY)
      .map(({ id }) => ({ ref: { kind: 'systems' as const, id }, act: () => endedSystem(systems.get(id)) })),
    ...officers
      .list()
      .filter(({ id }) => id !== FIRST_OPERATOR)
      .map(({ id }) => ({ ref: { kind: 'officers' as const, id }, act: () => endedOfficer(officers.get(id)) })),
    ...catalog
      .list()
      .filter(({ id }) => !isCanaryEntry(id))
      .map(({ id }) => ({
        ref: { kind: 'catalog' as const, id },
        act: () => unpublishedEntry(id, splitEntryId(id).party, catalog.state(id)),
      })),
  ];
}
