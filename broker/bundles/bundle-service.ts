import { setImmediate as nextTurn } from 'node:timers/promises';
import { SluiceError } from '../../proto/errors.js';
import type { Catalog } from '../catalog/catalog.js';
import { EntryActs } from '../catalog/entry-acts.js';
import type { Grants } from '../grants/grants.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Caller } from '../parties/caller.js';
import type { Credentials } from '../parties/credentials.js';
import type { Officers, Parties, Systems } from '../parties/parties.js';
import type { Permissions } from '../parties/permissions.js';
import { checkBundle } from './bundle-check.js';
import { type Bundle, parseBundle } from './bundle-document.js';
import { type BundleDecision, type BundleStep, bundleSteps } from './bundle-steps.js';
import { PlannedState } from './planned-state.js';

export interface BundleServiceDeps {
  ledger: Ledger;
  parties: Parties;
  systems: Systems;
  officers: Officers;
  credentials: Credentials;
  catalog: Catalog;
  grants: Grants;
  permissions: Permissions;
  partitions: number;
  clock: () => number;
}

/** The changes that a bundle made, or would make in a dry run. */
export interface BundleDifference {
  dryRun: boolean;
  /** `party civil`, `entry civil.birth`, … */
  create: string[];
  update: string[];
  unchanged: number;
  warnings: string[];
  /** `system:<id>` or `officer:<id>` → the token generated for it, shown this once. */
  tokens: Record<string, string>;
}

/** Steps decided on and stored as one ledger batch; other acts are recorded between two of them. */
const STEPS_PER_SLICE = 250;
/** Warnings in the answer; a bundle of 40,000 entries can cause as many. */
const WARNINGS_MAX = 200;
const PROBLEMS_MAX = 1_000;

/** Applies bundles: declarative and idempotent, all problems found before anything is done. */
export class BundleService {
  constructor(private readonly deps: BundleServiceDeps) {}

  /** Throws BUNDLE_INVALID or TRIAL_ONLY with every problem; then nothing was done. */
  async apply(caller: Caller, document: unknown, { dryRun }: { dryRun: boolean }): Promise<BundleDifference> {
    const { deps } = this;
    const acting = deps.permissions.require(caller, 'bundle.apply');
    const { bundle, problems } = await parseBundle(document);
    const planned = new PlannedState(bundle, deps);
    const entryActs = new EntryActs({ ...deps, findParty: planned.party, grantsOn: planned.grantsOn });
    const warnings = await this.#check(bundle, problems, { planned, entryActs });
    const difference: BundleDifference = { dryRun, create: [], update: [], unchanged: 0, warnings, tokens: {} };
    for (const steps of bundleSteps(bundle, { ...deps, planned, entryActs, acting })) {
      for (let start = 0; start < steps.length; start += STEPS_PER_SLICE) {
        const slice = steps.slice(start, start + STEPS_PER_SLICE);
        addTo(difference, slice, dryRun ? await dryDecisions(slice) : await this.#store(slice));
      }
    }
    difference.warnings = [...new Set(difference.warnings)].slice(0, WARNINGS_MAX);
    return difference;
  }

  async #check(
    bundle: Bundle,
    outer: string[],
    parts: { planned: PlannedState; entryActs: EntryActs },
  ): Promise<string[]> {
    const { credentials, permissions } = this.deps;
    const { problems, trialProblems, warnings } = await checkBundle(bundle, { ...parts, credentials, permissions });
    const all = [...new Set([...outer, ...problems, ...trialProblems])];
    if (all.length === 0) return warnings;
    const code = outer.length + problems.length === 0 ? 'TRIAL_ONLY' : 'BUNDLE_INVALID';
    throw new SluiceError(code, `the bundle has ${all.length} problem(s)`, { problems: all.slice(0, PROBLEMS_MAX) });
  }

  /** Stores the acts of the slice and returns its decisions. The guard runs again after a conflict with another broker. */
  async #store(slice: BundleStep[]): Promise<BundleDecision[]> {
    const decisions: (BundleDecision | undefined)[] = [];
    await this.deps.ledger.appendAll(() =>
      slice.flatMap((step, index) => {
        const decision = step.decide();
        // A part that was stored before the conflict has no act in the second run, and still is a change of this bundle.
        if (decision.act || !decisions[index]?.act) decisions[index] = decision;
        return decision.act ? [decision.act] : [];
      }),
    );
    return decisions as BundleDecision[];
  }
}

async function dryDecisions(slice: BundleStep[]): Promise<BundleDecision[]> {
  await nextTurn();
  return slice.map((step) => step.decide());
}

function addTo(difference: BundleDifference, slice: BundleStep[], decisions: BundleDecision[]): void {
  for (const [index, { act, isNew, token, warnings }] of decisions.entries()) {
    const label = slice[index]!.label;
    if (!act) difference.unchanged++;
    else (isNew ? difference.create : difference.update).push(label);
    if (act && token !== undefined && !difference.dryRun) difference.tokens[label.replace(' ', ':')] = token;
    difference.warnings.push(...(warnings ?? []));
  }
}
