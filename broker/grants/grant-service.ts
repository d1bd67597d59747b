import { isCanaryEntry } from '../../proto/canary.js';
import { splitEntryId } from '../../proto/entry/entry.js';
import type { GrantDocument } from '../../proto/entry/grant.js';
import { SluiceError } from '../../proto/errors.js';
import { quotedName } from '../../proto/foreign-name.js';
import type { Catalog } from '../catalog/catalog.js';
import type { Ledger } from '../ledger/ledger.js';
import { actorOf, type Caller } from '../parties/caller.js';
import type { Systems } from '../parties/parties.js';
import { MADE_BY_BUS } from '../parties/party.js';
import type { Permissions } from '../parties/permissions.js';
import type { Grant } from './grant.js';
import { canonicalGrant, changeGrantAct, directGrantAct } from './grant-acts.js';
import { GRANT_LIFE_CYCLE, type GrantAct } from './grant-life-cycle.js';
import { assertValidGrant, validateGrant } from './grant-problems.js';
import type { Grants } from './grants.js';
import { HeldGrants } from './held-grants.js';

export interface GrantServiceDeps {
  ledger: Ledger;
  grants: Grants;
  catalog: Catalog;
  systems: Systems;
  permissions: Permissions;
}

export interface CreateResult {
  grant: Grant;
  /** False when the grant existed as declared. */
  changed: boolean;
  warnings: string[];
}

/** Creates grants on a trial bus; suspends, restores and terminates them in every mode. */
export class GrantService {
  constructor(private readonly deps: GrantServiceDeps) {}

  /** Idempotent. A document that differs from the stored one amends the grant, which ends its open subscriptions. */
  async create(caller: Caller, document: unknown): Promise<CreateResult> {
    const { ledger, grants, catalog, systems, permissions } = this.deps;
    permissions.requireTrial('outside trial mode a grant comes from an approved application');
    const acting = permissions.require(caller, 'grant.create');
    let warnings: string[] = [];
    const record = await ledger.append(() => {
      const grant = document as GrantDocument;
      const context = {
        system: (id: string) => systems.get(id),
        entry: (id: string) => catalog.published(id),
        grant: (id: string) => grants.get(id),
      };
      assertValidGrant(idOf(document), validateGrant(document, context));
      const entry = catalog.published(grant.entry)!;
      const { party } = systems.get(grant.system)!;
      const canonical = canonicalGrant(grant, party, entry);
      warnings = new HeldGrants(entry, grants.heldBy(party, entry.id)).linkageWarnings(canonical);
      return directGrantAct(this.deps, canonical, permissions.require(caller, 'grant.create'));
    }, acting);
    return { grant: grants.get(idOf(document))!, changed: record !== undefined, warnings };
  }

  /** Ends every session's subscription to the grant at once. */
  suspend(caller: Caller, id: string, reason: string): Promise<Grant> {
    return this.#change(caller, id, 'suspended', reason);
  }

  restore(caller: Caller, id: string, reason: string): Promise<Grant> {
    return this.#change(caller, id, 'restored', reason);
  }

  /** Final: to give the same rights again takes a new grant. */
  terminate(caller: Caller, id: string, reason: string): Promise<Grant> {
    return this.#change(caller, id, 'terminated', reason);
  }

  async #change(caller: Caller, id: string, act: GrantAct, reason: string): Promise<Grant> {
    const { ledger, grants, permissions } = this.deps;
    await ledger.append(
      () => {
        const current = grants.get(id);
        const provider = splitEntryId(current?.entry ?? '').party;
        // One answer for both, or an officer of any party could find out which grants exist.
        if (!current || !permissions.mayReadGrant(caller, { ...current, provider })) {
          throw new SluiceError('NOT_FOUND', `there is no grant ${id}`, { grant: id });
        }
        // The provider answers for its data, so its officers act on a grant, not those of the party that holds it.
        const acting = permissions.require(caller, GRANT_LIFE_CYCLE.rightFor(act), provider);
        // It could not be made again: only the bus makes grants of the canary, once.
        if (act === 'terminated' && isCanaryEntry(current.entry)) {
          throw new SluiceError('NOT_ALLOWED', `grant ${id} ${MADE_BY_BUS}: suspend it instead`, { grant: id });
        }
        return changeGrantAct(current, act, { reason, acting, permissions });
      },
      { actor: actorOf(caller), endsRights: act !== 'restored' },
    );
    return grants.get(id)!;
  }
}

const idOf = (document: unknown): string => quotedName((document as { id?: unknown } | null)?.id ?? '');
