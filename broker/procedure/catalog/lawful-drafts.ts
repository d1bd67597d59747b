import { plainDocument } from '../../ledger/same-document.js';
import type { Caller } from '../../parties/caller.js';
import type { Procedure } from '../engine/procedure.js';
import type { Fields } from '../files/file.js';
import { requireEntryId, validateAhead } from './entry-text.js';

/** Lays down drafts by E1, E3, E6 and E11 for those who bring many at once: the import of sheets. */
export class LawfulDrafts {
  constructor(private readonly procedure: Procedure) {}

  putDraft(caller: Caller, document: unknown): Promise<{ changed: boolean; warnings: string[] }> {
    return this.#put(caller, document, false);
  }

  /** The answer that `putDraft` would give; nothing is recorded. */
  checkDraft(caller: Caller, document: unknown): Promise<{ changed: boolean; warnings: string[] }> {
    return this.#put(caller, document, true);
  }

  async #put(caller: Caller, document: unknown, isDryRun: boolean) {
    const body = plainDocument(document) as Fields;
    const id = String(body.id ?? '');
    requireEntryId(id);
    await validateAhead(body);
    const answer = await this.procedure.perform(caller, { kind: 'catalog', id, act: 'put', body, isDryRun });
    const { changed, warnings } = answer.body as { changed: boolean; warnings: string[] };
    return { changed, warnings };
  }
}
