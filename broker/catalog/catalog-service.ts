import { isCanaryEntry } from '../../proto/canary.js';
import { type EntryDocument, type EntryVersion, splitEntryId } from '../../proto/entry/entry.js';
import { SluiceError } from '../../proto/errors.js';
import { isEntryId } from '../../proto/subject.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Act } from '../ledger/record.js';
import { plainDocument } from '../ledger/same-document.js';
import type { Caller } from '../parties/caller.js';
import { MADE_BY_BUS } from '../parties/party.js';
import type { Acting, Permissions } from '../parties/permissions.js';
import type { Catalog } from './catalog.js';
import { assertValidEntry, validateEntryDocument } from './document/entry-problems.js';
import type { EntryActs } from './entry-acts.js';
import { ENTRY_LIFE_CYCLE, type EntryAct } from './entry-life-cycle.js';

export interface CatalogServiceDeps {
  ledger: Ledger;
  catalog: Catalog;
  acts: EntryActs;
  permissions: Permissions;
}

export interface DraftResult {
  /** False when the same draft or published version existed already. */
  changed: boolean;
  /** Fields that the law would ask of the entry on a registered bus, and items that live grants would lose. */
  warnings: string[];
}

/** Drafts, publishes and withdraws entries, each as one ledger record. */
export class CatalogService {
  constructor(private readonly deps: CatalogServiceDeps) {}

  /** Makes the document the draft of its entry; a published version stays in force beside it. */
  async putDraft(caller: Caller, document: unknown): Promise<DraftResult> {
    const { plain, acting, warnings } = await this.#judged(caller, document);
    const record = await this.deps.ledger.append(
      () => this.deps.acts.draft(plain, this.#acting(caller, 'drafted', plain.id)),
      acting,
    );
    return { changed: record !== undefined, warnings: [...warnings, ...this.deps.acts.warnings(plain)] };
  }

  /** Judges what `putDraft` would do, and does nothing. Throws what it throws. */
  async checkDraft(caller: Caller, document: unknown): Promise<DraftResult> {
    const { plain, acting, warnings } = await this.#judged(caller, document);
    return { changed: this.deps.acts.draft(plain, acting) !== undefined, warnings };
  }

  async #judged(caller: Caller, document: unknown) {
    const id = entryIdOf(document);
    const acting = this.#acting(caller, 'drafted', id);
    const validation = await validateEntryDocument(document, this.deps.permissions);
    assertValidEntry(id, validation);
    return { plain: plainDocument(document) as EntryDocument, acting, warnings: validation.warnings };
  }

  /** The draft of the entry, for those who may edit it. Throws NOT_FOUND. */
  draft(caller: Caller, id: string): EntryDocument {
    this.#acting(caller, 'drafted', id);
    const draft = this.deps.catalog.draft(id);
    if (!draft) throw new SluiceError('NOT_FOUND', `entry ${id} has no draft`);
    return draft;
  }

  /** Makes the draft the next version. */
  async publish(caller: Caller, id: string): Promise<EntryVersion> {
    const acting = this.#acting(caller, 'published', id);
    await this.deps.ledger.append(() => this.deps.acts.publish(id, this.#acting(caller, 'published', id)), acting);
    return this.deps.catalog.published(id) as EntryVersion;
  }

  /** Ends every subscription to the entry; its events stay until their retention ends. */
  async withdraw(caller: Caller, id: string, reason: string): Promise<void> {
    const acting = this.#acting(caller, 'withdrawn', id);
    const withdrawn = (): Act | undefined => this.deps.acts.withdraw(id, reason, this.#acting(caller, 'withdrawn', id));
    await this.deps.ledger.append(withdrawn, { ...acting, endsRights: true });
  }

  #acting(caller: Caller, act: EntryAct, id: string): Acting {
    if (!isEntryId(id)) throw new SluiceError('ENTRY_INVALID', 'id: must be <party>.<entry>');
    if (isCanaryEntry(id)) throw new SluiceError('NOT_ALLOWED', `entry ${id} ${MADE_BY_BUS}`, { entry: id });
    return this.deps.permissions.require(caller, ENTRY_LIFE_CYCLE.rightFor(act), splitEntryId(id).party);
  }
}

function entryIdOf(document: unknown): string {
  const id = typeof document === 'object' && document !== null ? (document as { id?: unknown }).id : undefined;
  return typeof id === 'string' ? id : '';
}
