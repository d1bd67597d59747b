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

/** What was done, or in a dry run would be. */
export interface BundleDifference {
  dryRun: boolean;
  /** `party civil`, `entry civil.birth`, … */
  create: string[];
  update: string[];
  unchanged: number;
  warnings: string[];
  /** `system:<id>` or `officer:<id>` → token that was made up for it: shown this once. */
  tokens: Record<string, string>;
}

/** One slice is decided on and stored in one go, some 50 ms; then other acts and other work get their turn. */
const STEPS_PER_SLICE = 250;
/** Nobody reads more, and a bundle of 40,000 entries can have as many. */
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
    const world = new PlannedState(bundle, deps);
    const entryActs = new EntryActs({ ...deps, findParty: world.party, grantsOn: world.grantsOn });
    const warnings = await this.#check(bundle, problems, { world, entryActs });
    const difference: BundleDifference = { dryRun, create: [], update: [], unchanged: 0, warnings, tokens: {} };
    for (const steps of bundleSteps(bundle, { ...deps, world, entryActs, acting })) {
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
    parts: { world: PlannedState; entryActs: EntryActs },
  ): Promise<string[]> {
    const { credentials, permissions } = this.deps;
    const { problems, trialProblems, warnings } = await checkBundle(bundle, { ...parts, credentials, permissions });
    const all = [...outer, ...problems, ...trialProblems];
    if (all.length === 0) return warnings;
    const code = outer.length + problems.length === 0 ? 'TRIAL_ONLY' : 'BUNDLE_INVALID';
    throw new SluiceError(code, `the bundle has ${all.length} problem(s)`, { problems: all.slice(0, PROBLEMS_MAX) });
  }

  /** What was decided in the run of the guard that was stored; an earlier run may have lost to another broker. */
  async #store(slice: BundleStep[]): Promise<BundleDecision[]> {
    const decisions: (BundleDecision | undefined)[] = [];
    await this.deps.ledger.appendAll(() =>
      slice.flatMap((step, index) => {
        const decision = step.decide();
        // A part that went in before a conflict is as it should be by now: that it was this bundle stays said.
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
