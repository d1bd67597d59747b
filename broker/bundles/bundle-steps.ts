import type { TimeSlice } from '../../proto/async/time-slice.js';
import type { EntryVersion } from '../../proto/entry/entry.js';
import type { GrantDocument } from '../../proto/entry/grant.js';
import type { Catalog } from '../catalog/catalog.js';
import type { EntryActs } from '../catalog/entry-acts.js';
import { canonicalGrant, directGrantAct } from '../grants/grant-acts.js';
import type { Grants } from '../grants/grants.js';
import { HeldGrants } from '../grants/held-grants.js';
import { checkRows } from '../grants/rows-check.js';
import type { Act } from '../ledger/record.js';
import { type Credentials, newToken } from '../parties/credentials.js';
import type { Officers, Parties, Systems } from '../parties/parties.js';
import type { Acting, Permissions } from '../parties/permissions.js';
import { registrationAct } from '../parties/registration-act.js';
import { withoutToken } from './bundle-check.js';
import type { Bundle, WithToken } from './bundle-document.js';
import type { PlannedState } from './planned-state.js';

/** One document of a bundle. `decide` compares it with the folded state anew at each call. */
export interface BundleStep {
  /** `party civil`, `entry civil.birth`, … */
  label: string;
  decide(): BundleDecision;
}

export interface BundleDecision {
  /** Undefined when the document is registered as declared. */
  act: Act | undefined;
  isNew: boolean;
  /** Generated for a new system or officer that the bundle declares without one. */
  token?: string | undefined;
  warnings?: string[] | undefined;
}

export interface BundleStepsDeps {
  parties: Parties;
  systems: Systems;
  officers: Officers;
  catalog: Catalog;
  grants: Grants;
  credentials: Credentials;
  permissions: Permissions;
  planned: PlannedState;
  entryActs: EntryActs;
  acting: Acting;
  slice: TimeSlice;
}

/** Steps of a valid bundle, in lists that are stored one after the other; one list may share ledger batches. */
export async function bundleSteps(bundle: Bundle, deps: BundleStepsDeps): Promise<BundleStep[][]> {
  return [
    bundle.parties.map((party) => partyStep(party, deps)),
    bundle.systems.map((system) => principalStep('system', system, deps.systems, deps)),
    bundle.officers.map((officer) => principalStep('officer', officer, deps.officers, deps)),
    bundle.entries.map((entry) => entryStep(entry, deps)),
    await grantSteps(bundle.grants, deps),
  ];
}

function partyStep(party: Bundle['parties'][number], { parties, acting }: BundleStepsDeps): BundleStep {
  return {
    label: `party ${party.id}`,
    decide: () => {
      const current = parties.get(party.id);
      return { act: registrationAct('party', party, current, acting), isNew: current === undefined };
    },
  };
}

/** A token in the bundle replaces the credential; without one the registered credential stays. */
function principalStep<T extends { id: string }>(
  kind: 'system' | 'officer',
  document: WithToken<T>,
  documents: { get(id: string): (T & { credential?: string | undefined }) | undefined },
  { credentials, acting }: BundleStepsDeps,
): BundleStep {
  const { token, rest } = withoutToken(document) as { token: string | undefined; rest: T };
  let generated: string | undefined;
  return {
    label: `${kind} ${document.id}`,
    decide: () => {
      const current = documents.get(document.id);
      if (token === undefined && !current?.credential) generated ??= newToken();
      const given = token ?? (current?.credential ? undefined : generated);
      const credential = given === undefined ? current?.credential : credentials.digestOf(given);
      const act = registrationAct(kind, { ...rest, credential }, current, acting);
      return { act, isNew: current === undefined, token: act && token === undefined ? given : undefined };
    },
  };
}

function entryStep(entry: Bundle['entries'][number], { catalog, entryActs, acting }: BundleStepsDeps): BundleStep {
  return {
    label: `entry ${entry.id}`,
    decide: () => ({
      act: entryActs.publishDocument(entry, acting),
      isNew: catalog.state(entry.id) === undefined,
    }),
  };
}

/**
 * Grants of one bundle are compared with each other too, because they are decided on before any of them is folded. What a party
 * holds is gathered once: read anew for each of thousands of grants on one entry, it would take their square.
 */
async function grantSteps(
  list: Bundle['grants'],
  { grants, catalog, permissions, planned, acting, slice }: BundleStepsDeps,
): Promise<BundleStep[]> {
  const canonical: { entry: EntryVersion; held: HeldGrants; document: GrantDocument }[] = [];
  const holders = new Map<string, HeldGrants>();
  await slice.each(list, (grant) => {
    const entry = planned.entry(grant.entry)!;
    const { party } = planned.system(grant.system)!;
    const document = canonicalGrant(grant, party, entry);
    const key = `${party} ${entry.id}`;
    const held = holders.get(key) ?? new HeldGrants(entry, grants.heldBy(party, entry.id));
    holders.set(key, held);
    held.add(document);
    canonical.push({ entry, held, document });
  });
  return canonical.map(({ entry, held, document }) => ({
    label: `grant ${document.id}`,
    decide: () => {
      const current = grants.get(document.id);
      if (current?.status === 'terminated') return terminatedDecision(current.id);
      // Another broker may have published a version since the check; a filter on a lost item would never let a record leave.
      const newest = catalog.published(entry.id);
      if (newest && newest.version > entry.version) checkRows(document.rows ?? {}, newest);
      const act = directGrantAct({ grants, permissions }, document, acting);
      return { act, isNew: current === undefined, warnings: held.linkageWarnings(document) };
    },
  }));
}

/** A warning and no refusal: otherwise a bundle that once created the grant could never be applied again. */
function terminatedDecision(id: string): BundleDecision {
  return { act: undefined, isNew: false, warnings: [`grant ${id}: is terminated and stays so`] };
}
