import { type EntryDocument, type EntryDraft, type Item, splitEntryId } from '../../proto/entry/entry.js';
import { SluiceError } from '../../proto/errors.js';
import { partitionFor } from '../../proto/subject.js';
import type { Act } from '../ledger/record.js';
import { sameDocument } from '../ledger/same-document.js';
import type { FindParty } from '../parties/party-problems.js';
import type { Acting, Permissions } from '../parties/permissions.js';
import { QuotaError } from '../parties/quotas/quota-error.js';
import type { Catalog } from './catalog.js';
import { incompatibilities } from './document/compatibility.js';
import { ENTRY_LIFE_CYCLE, type EntryAct, type EntryStatus } from './entry-life-cycle.js';
import type { EntryState, PublishedEntry } from './entry-state.js';
import { brokenFilters, droppedItems, type LiveGrantsOn } from './grant-dependencies.js';
import { numberItems } from './item-numbers.js';

export interface EntryActsDeps {
  catalog: Catalog;
  findParty: FindParty;
  grantsOn: LiveGrantsOn;
  permissions: Permissions;
  /** Number of partitions of the store; a new entry is assigned to one of them. */
  partitions: number;
  /** Drafts that the entries of one party may have at a time; undefined is without bound. */
  draftsPerPartyMax?: number;
  clock: () => number;
}

/**
 * Decides on acts about entries from the folded state. The ledger calls each method inside the guard of an append, again
 * after a conflict with another broker, so no method keeps anything. Undefined means that there is nothing to record.
 */
export class EntryActs {
  constructor(private readonly deps: EntryActsDeps) {}

  /** A draft that equals the published version is not made; one that lies beside that version is discarded instead. */
  draft(document: EntryDocument, acting: Acting): Act | undefined {
    const { id } = document;
    const state = this.deps.catalog.state(id);
    if (state?.draft && sameDocument(state.draft, document)) return undefined;
    if (isPublishedAs(state, document)) return this.#discardDraft(id, state, acting);
    if (!state?.draft) this.#assertMayDraft(id);
    this.assertCompatible(document);
    return this.#act('drafted', id, acting, { draft: document });
  }

  publish(id: string, acting: Acting): Act {
    const state = this.deps.catalog.state(id);
    if (!state) throw new SluiceError('NOT_FOUND', `there is no entry ${id}`, { entry: id });
    if (!state.draft) this.#next('published', state.status, id);
    return this.#publishAct(state.draft as EntryDocument, state, acting);
  }

  /** Draft and publication in one act, as a bundle declares an entry. */
  publishDocument(document: EntryDocument, acting: Acting): Act | undefined {
    const state = this.deps.catalog.state(document.id);
    if (isPublishedAs(state, document)) return this.#discardDraft(document.id, state, acting);
    const drafted = this.#next('drafted', state?.status, document.id);
    return this.#publishAct(document, { ...state, status: drafted }, acting);
  }

  withdraw(id: string, reason: string, acting: Acting): Act {
    if (!this.deps.catalog.state(id)) throw new SluiceError('NOT_FOUND', `there is no entry ${id}`, { entry: id });
    return { ...this.#act('withdrawn', id, acting, { reason }), reason };
  }

  /** The version that publishing the document would make. Throws when the document is incompatible with earlier versions. */
  nextVersion(document: EntryDocument): PublishedEntry {
    this.assertCompatible(document);
    const current = this.deps.catalog.state(document.id)?.published;
    return {
      version: (current?.version ?? 0) + 1,
      partition: current?.partition ?? partitionFor(document.id, this.deps.partitions),
      publishedAt: new Date(this.deps.clock()).toISOString(),
      numbers: numberItems(
        document.items.map((item) => item.name),
        current?.numbers ?? {},
      ),
      document,
    };
  }

  /** Items that the document would take away from live grants. */
  warnings({ id, items = [] }: EntryDraft): string[] {
    return droppedItems(items, this.#currentItems(id), this.deps.grantsOn(id));
  }

  #currentItems(id: string): readonly Item[] {
    return this.deps.catalog.state(id)?.published?.document.items ?? [];
  }

  #discardDraft(id: string, state: EntryState | undefined, acting: Acting): Act | undefined {
    return state?.draft ? this.#act('draft-discarded', id, acting, {}) : undefined;
  }

  #publishAct(document: EntryDocument, state: EntryState, acting: Acting): Act {
    const status = this.#next('published', state.status, document.id);
    const next: EntryState = { status, published: this.nextVersion(document) };
    return { kind: 'entry', id: document.id, act: 'published', ...acting, document: next };
  }

  #act(act: EntryAct, id: string, acting: Acting, given: { draft?: EntryDocument; reason?: string }): Act {
    const state = this.deps.catalog.state(id);
    const status = this.#next(act, state?.status, id, given.reason);
    const next: EntryState = { status, draft: given.draft, published: state?.published };
    return { kind: 'entry', id, act, ...acting, document: next };
  }

  #next(act: EntryAct, from: EntryStatus | undefined, id: string, reason?: string): EntryStatus {
    return ENTRY_LIFE_CYCLE.next(act, from, { id, permissions: this.deps.permissions, subject: { reason } });
  }

  /** Drafts cost memory and ledger, and nothing but this bounds how many an officer makes; see docs/decisions/0057. */
  #assertMayDraft(id: string): void {
    const { catalog, draftsPerPartyMax: max } = this.deps;
    const { party } = splitEntryId(id);
    if (max === undefined || catalog.draftsOf(party) < max) return;
    const detail = `party ${party} has the ${max} drafts that quotas.drafts allows it: publish some first`;
    throw new QuotaError('TOO_MANY', 'drafts', `party ${party}`, detail, { entry: id });
  }

  /** Throws INCOMPATIBLE_VERSION, or ENTRY_INVALID where the party is unknown. */
  assertCompatible(document: EntryDraft): void {
    const { id, items = [] } = document;
    const { party } = splitEntryId(id);
    if (!this.deps.findParty(party)) {
      throw new SluiceError('ENTRY_INVALID', `entry ${id}: there is no party ${party}`, { entry: id });
    }
    const problems = [
      ...incompatibilities(items, this.deps.catalog.history(id).definitions),
      ...brokenFilters(items, this.#currentItems(id), this.deps.grantsOn(id)),
    ];
    if (problems.length === 0) return;
    throw new SluiceError('INCOMPATIBLE_VERSION', `entry ${id}: ${problems.join('; ')}`, { entry: id, problems });
  }
}

function isPublishedAs(state: EntryState | undefined, document: EntryDocument): boolean {
  if (state?.status !== 'published' && state?.status !== 'updating') return false;
  return state.published !== undefined && sameDocument(state.published.document, document);
}
