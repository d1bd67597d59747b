import { type EntryDocument, type EntryVersion, splitEntryId } from '../../proto/entry/entry.js';
import { SluiceError } from '../../proto/errors.js';
import { isEntryId } from '../../proto/subject.js';
import { isMap } from '../../proto/values/is-map.js';
import type { Ledger } from '../ledger/ledger.js';
import { plainDocument } from '../ledger/same-document.js';
import type { Caller } from '../parties/caller.js';
import { type Acting, type Action, requirePermission } from '../parties/permissions.js';
import type { Catalog } from './catalog.js';
import { refuseInvalid, validateEntryDocument } from './document/entry-problems.js';
import type { EntryActs } from './entry-acts.js';

export interface CatalogServiceDeps {
  ledger: Ledger;
  catalog: Catalog;
  acts: EntryActs;
  trial: boolean;
}

export interface DraftResult {
  /** False when the document was there already. */
  changed: boolean;
  /** What the law would ask outside trial mode, and what the draft would take away from grants. */
  warnings: string[];
}

/** Where entries are drafted, published and withdrawn. */
export class CatalogService {
  constructor(private readonly deps: CatalogServiceDeps) {}

  /** Lays the document down as the draft of its entry; a published version stays in force beside it. */
  async putDraft(caller: Caller, document: unknown): Promise<DraftResult> {
    const id = entryIdOf(document);
    const acting = this.#acting(caller, 'catalog.edit', id);
    const plain = plainDocument(document) as EntryDocument;
    const verdict = await validateEntryDocument(plain, { trial: this.deps.trial });
    refuseInvalid(id, verdict);
    const record = await this.deps.ledger.append(() => this.deps.acts.draft(plain, acting));
    const warnings = [...verdict.warnings, ...this.deps.acts.warnings(plain)];
    return { changed: record !== undefined, warnings };
  }

  /** Makes the draft the next version. */
  async publish(caller: Caller, id: string): Promise<EntryVersion> {
    const acting = this.#acting(caller, 'catalog.publish', id);
    await this.deps.ledger.append(() => this.deps.acts.publish(id, acting));
    return this.deps.catalog.published(id) as EntryVersion;
  }

  /** Ends every subscription to the entry; its events stay as long as they were to be kept. */
  async withdraw(caller: Caller, id: string, reason: string): Promise<void> {
    const acting = this.#acting(caller, 'catalog.publish', id);
    if (reason.trim() === '') throw new SluiceError('BAD_REQUEST', 'a withdrawal needs a reason', { entry: id });
    await this.deps.ledger.append(() => this.deps.acts.withdraw(id, reason, acting));
  }

  #acting(caller: Caller, action: Action, id: string): Acting {
    if (!isEntryId(id)) throw new SluiceError('ENTRY_INVALID', 'id: must be <party>.<entry>');
    return requirePermission(caller, action, { trial: this.deps.trial, party: splitEntryId(id).party });
  }
}

function entryIdOf(document: unknown): string {
  const id = isMap(document) ? document.id : undefined;
  return typeof id === 'string' ? id : '';
}
