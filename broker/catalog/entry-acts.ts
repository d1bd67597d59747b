import { type EntryDocument, type Item, splitEntryId } from '../../proto/entry/entry.js';
import { SluiceError } from '../../proto/errors.js';
import { partitionFor } from '../../proto/subject.js';
import type { Act } from '../ledger/record.js';
import { sameDocument } from '../ledger/same-document.js';
import type { FindParty } from '../parties/party-problems.js';
import type { Acting } from '../parties/permissions.js';
import type { Catalog } from './catalog.js';
import { incompatibilities } from './document/compatibility.js';
import type { EntryState, PublishedEntry } from './entry-state.js';
import { type GrantsOn, lostFilters, missedItems } from './grant-needs.js';
import { numberItems } from './item-numbers.js';
import { type EntryAct, statusAfter } from './life-cycle.js';

export interface EntryActsDeps {
  catalog: Catalog;
  findParty: FindParty;
  grantsOn: GrantsOn;
  trial: boolean;
  /** Partitions of the store. */
  partitions: number;
  clock: () => number;
}

/** Decides on acts about entries from the folded state; each is the guard of one append, and undefined means no act. */
export class EntryActs {
  constructor(private readonly deps: EntryActsDeps) {}

  /** A draft that equals the published version is none: it is not made, and one that lies there is discarded. */
  draft(document: EntryDocument, acting: Acting): Act | undefined {
    const { id } = document;
    const state = this.deps.catalog.state(id);
    if (state?.draft && sameDocument(state.draft, document)) return undefined;
    if (this.#isPublished(state, document))
      return state?.draft ? this.#act('draft-discarded', id, acting, {}) : undefined;
    this.#refuseUnfit(document);
    return this.#act('drafted', id, acting, { draft: document });
  }

  publish(id: string, acting: Acting): Act {
    const state = this.deps.catalog.state(id);
    if (!state) throw new SluiceError('NOT_FOUND', `there is no entry ${id}`, { entry: id });
    if (!state.draft) statusAfter('published', state.status, { trial: this.deps.trial, entry: id });
    return this.#publishAct(state.draft as EntryDocument, state, acting);
  }

  /** Draft and publication in one act. */
  publishDocument(document: EntryDocument, acting: Acting): Act | undefined {
    const state = this.deps.catalog.state(document.id);
    if (this.#isPublished(state, document)) {
      return state?.draft ? this.#act('draft-discarded', document.id, acting, {}) : undefined;
    }
    const context = { trial: this.deps.trial, entry: document.id };
    const drafted = statusAfter('drafted', state?.status, context);
    return this.#publishAct(document, { ...state, status: drafted }, acting);
  }

  withdraw(id: string, reason: string, acting: Acting): Act {
    if (!this.deps.catalog.state(id)) throw new SluiceError('NOT_FOUND', `there is no entry ${id}`, { entry: id });
    return { ...this.#act('withdrawn', id, acting, {}), reason };
  }

  /** What the next version of the entry would be. Throws when the document can not follow what the entry had. */
  nextVersion(document: EntryDocument): PublishedEntry {
    this.#refuseUnfit(document);
    const former = this.deps.catalog.state(document.id)?.published;
    return {
      version: (former?.version ?? 0) + 1,
      partition: former?.partition ?? partitionFor(document.id, this.deps.partitions),
      publishedAt: new Date(this.deps.clock()).toISOString(),
      numbers: numberItems(
        document.items.map((item) => item.name),
        former?.numbers ?? {},
      ),
      document,
    };
  }

  /** What the document would take away from those who have a grant. */
  warnings({ id, items }: EntryDocument): string[] {
    return missedItems(items, this.#formerItems(id), this.deps.grantsOn(id));
  }

  #formerItems(id: string): readonly Item[] {
    return this.deps.catalog.state(id)?.published?.document.items ?? [];
  }

  #publishAct(document: EntryDocument, state: EntryState, acting: Acting): Act {
    const status = statusAfter('published', state.status, { trial: this.deps.trial, entry: document.id });
    const next: EntryState = { status, published: this.nextVersion(document) };
    return { kind: 'entry', id: document.id, act: 'published', ...acting, document: next };
  }

  #act(act: EntryAct, id: string, acting: Acting, { draft }: { draft?: EntryDocument }): Act {
    const state = this.deps.catalog.state(id);
    const status = statusAfter(act, state?.status, { trial: this.deps.trial, entry: id });
    const next: EntryState = { status, draft, published: state?.published };
    return { kind: 'entry', id, act, ...acting, document: next };
  }

  #isPublished(state: EntryState | undefined, document: EntryDocument): boolean {
    if (state?.status !== 'published' && state?.status !== 'updating') return false;
    return state.published !== undefined && sameDocument(state.published.document, document);
  }

  #refuseUnfit(document: EntryDocument): void {
    const { id } = document;
    const { party } = splitEntryId(id);
    if (!this.deps.findParty(party)) {
      throw new SluiceError('ENTRY_INVALID', `entry ${id}: there is no party ${party}`, { entry: id });
    }
    const problems = [
      ...incompatibilities(document.items, this.deps.catalog.history(id).definitions),
      ...lostFilters(document.items, this.#formerItems(id), this.deps.grantsOn(id)),
    ];
    if (problems.length === 0) return;
    throw new SluiceError('INCOMPATIBLE_VERSION', `entry ${id}: ${problems.join('; ')}`, { entry: id, problems });
  }
}
