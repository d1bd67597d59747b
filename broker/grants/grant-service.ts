import { splitEntryId } from '../../proto/entry/entry.js';
import type { GrantDocument } from '../../proto/entry/grant.js';
import { SluiceError } from '../../proto/errors.js';
import { quotedName } from '../../proto/foreign-name.js';
import type { Catalog } from '../catalog/catalog.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Caller } from '../parties/caller.js';
import type { Systems } from '../parties/parties.js';
import { type Action, requirePermission } from '../parties/permissions.js';
import type { Grant } from './grant.js';
import { canonicalGrant, changeGrantAct, directGrantAct, joinWarnings } from './grant-acts.js';
import { refuseInvalidGrant, validateGrant } from './grant-problems.js';
import type { Grants } from './grants.js';

export interface GrantServiceDeps {
  ledger: Ledger;
  grants: Grants;
  catalog: Catalog;
  systems: Systems;
  trial: boolean;
}

export interface CreateResult {
  grant: Grant;
  /** False when the grant was there already, as it should be. */
  changed: boolean;
  warnings: string[];
}

/** Where grants are created in trial mode, and suspended, restored and terminated in any. */
export class GrantService {
  constructor(private readonly deps: GrantServiceDeps) {}

  /** The direct path: idempotent; a changed document amends the grant and so ends its open subscriptions. */
  async create(caller: Caller, document: unknown): Promise<CreateResult> {
    const { ledger, grants, catalog, systems, trial } = this.deps;
    if (!trial) throw new SluiceError('TRIAL_ONLY', 'outside trial mode a grant comes from an approved application');
    const acting = requirePermission(caller, 'grant.create', { trial });
    let warnings: string[] = [];
    const record = await ledger.append(() => {
      const grant = document as GrantDocument;
      const world = {
        system: (id: string) => systems.get(id),
        entry: (id: string) => catalog.published(id),
        grant: (id: string) => grants.get(id),
      };
      refuseInvalidGrant(idOf(document), validateGrant(document, world));
      const entry = catalog.published(grant.entry)!;
      const { party } = systems.get(grant.system)!;
      const canonical = canonicalGrant(grant, party, entry);
      warnings = joinWarnings(grants.heldBy(party, entry.id), canonical, entry);
      return directGrantAct(grants, canonical, acting);
    });
    return { grant: grants.get(idOf(document))!, changed: record !== undefined, warnings };
  }

  /** Takes effect at once on every session. */
  suspend(caller: Caller, id: string, reason: string): Promise<Grant> {
    return this.#change(caller, id, { change: 'suspended', action: 'grant.suspend', reason });
  }

  restore(caller: Caller, id: string, reason: string): Promise<Grant> {
    return this.#change(caller, id, { change: 'restored', action: 'grant.suspend', reason });
  }

  /** Final: the same rights again are a new grant. */
  terminate(caller: Caller, id: string, reason: string): Promise<Grant> {
    return this.#change(caller, id, { change: 'terminated', action: 'grant.terminate', reason });
  }

  async #change(
    caller: Caller,
    id: string,
    step: { change: 'suspended' | 'restored' | 'terminated'; action: Action; reason: string },
  ): Promise<Grant> {
    const { ledger, grants, trial } = this.deps;
    await ledger.append(() => {
      const current = grants.get(id);
      if (!current) throw new SluiceError('NOT_FOUND', `there is no grant ${id}`, { grant: id });
      // The provider answers for its data, so it is the provider's officers who act on a grant.
      const acting = requirePermission(caller, step.action, { trial, party: splitEntryId(current.entry).party });
      if (step.reason.trim() === '') throw new SluiceError('BAD_REQUEST', 'a reason is needed', { grant: id });
      return changeGrantAct(current, step.change, step.reason, acting);
    });
    return grants.get(id)!;
  }
}

const idOf = (document: unknown): string => quotedName((document as { id?: unknown } | null)?.id ?? '');
