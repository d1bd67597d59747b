import { sharedTurn } from '../../proto/async/shared-turns.js';
import { TimeSlice } from '../../proto/async/time-slice.js';
import { SluiceError } from '../../proto/errors.js';
import type { BundleDifference } from '../../proto/http/bundle-difference.js';
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

/** Steps decided on and stored as one ledger batch; other acts are recorded between two of them. */
const BATCH_STEPS_MAX = 250;
/** A guard runs without a pause, so the size of a batch follows from how long the last one took. */
const BATCH_MS = 15;
const FIRST_BATCH_STEPS = 20;
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
    const slice = new TimeSlice();
    const { bundle, problems } = await parseBundle(document, slice);
    const planned = await PlannedState.of(bundle, deps, slice);
    const entryActs = new EntryActs({ ...deps, findParty: planned.party, grantsOn: planned.grantsOn });
    const warnings = [...new Set(await this.#check(bundle, problems, { planned, entryActs, slice }))];
    const difference: BundleDifference = { dryRun, create: [], update: [], unchanged: 0, warnings, tokens: {} };
    for (const steps of await bundleSteps(bundle, { ...deps, planned, entryActs, acting, slice })) {
      await this.#applySteps(steps, difference);
    }
    difference.warnings = [...new Set(difference.warnings)].slice(0, WARNINGS_MAX);
    return difference;
  }

  async #check(
    bundle: Bundle,
    outer: string[],
    parts: { planned: PlannedState; entryActs: EntryActs; slice: TimeSlice },
  ): Promise<string[]> {
    const { credentials, permissions } = this.deps;
    const { problems, trialProblems, warnings } = await checkBundle(bundle, { ...parts, credentials, permissions });
    const all = [...new Set([...outer, ...problems, ...trialProblems])];
    if (all.length === 0) return warnings;
    const code = outer.length + problems.length === 0 ? 'TRIAL_ONLY' : 'BUNDLE_INVALID';
    throw new SluiceError(code, `the bundle has ${all.length} problem(s)`, { problems: all.slice(0, PROBLEMS_MAX) });
  }

  async #applySteps(steps: BundleStep[], difference: BundleDifference): Promise<void> {
    let size = FIRST_BATCH_STEPS;
    for (let start = 0; start < steps.length; ) {
      const batch = steps.slice(start, start + size);
      const { decisions, ms } = difference.dryRun ? await dryDecisions(batch) : await this.#store(batch);
      addTo(difference, batch, decisions);
      start += batch.length;
      size = Math.min(BATCH_STEPS_MAX, Math.max(1, Math.floor((batch.length * BATCH_MS) / Math.max(ms, 1))));
    }
  }

  /** Stores the acts of the batch and returns its decisions. The guard runs again after a conflict with another broker. */
  async #store(batch: BundleStep[]): Promise<TimedDecisions> {
    const decisions: (BundleDecision | undefined)[] = [];
    let ms = 0;
    await this.deps.ledger.appendAll(() => {
      const startedAt = performance.now();
      const acts = batch.flatMap((step, index) => {
        const decision = step.decide();
        // A part that was stored before the conflict has no act in the second run, and still is a change of this bundle.
        if (decision.act || !decisions[index]?.act) decisions[index] = decision;
        return decision.act ? [decision.act] : [];
      });
      ms = performance.now() - startedAt;
      return acts;
    });
    return { decisions: decisions as BundleDecision[], ms };
  }
}

interface TimedDecisions {
  decisions: BundleDecision[];
  /** How long the decisions held the event loop. */
  ms: number;
}

async function dryDecisions(batch: BundleStep[]): Promise<TimedDecisions> {
  await sharedTurn();
  const startedAt = performance.now();
  return { decisions: batch.map((step) => step.decide()), ms: performance.now() - startedAt };
}

function addTo(difference: BundleDifference, batch: BundleStep[], decisions: BundleDecision[]): void {
  for (const [index, { act, isNew, token, warnings }] of decisions.entries()) {
    const label = batch[index]!.label;
    if (!act) difference.unchanged++;
    else (isNew ? difference.create : difference.update).push(label);
    if (act && token !== undefined && !difference.dryRun) difference.tokens[label.replace(' ', ':')] = token;
    // Thousands of grants on one entry can have as many warnings each.
    if (difference.warnings.length < WARNINGS_MAX) difference.warnings.push(...(warnings ?? []));
  }
}
