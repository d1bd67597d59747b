import type { EntryDocument } from '../../../proto/entry/entry.js';
import type { Act } from '../../ledger/record.js';
import { plainDocument } from '../../ledger/same-document.js';
import { actorOf, type Caller } from '../../parties/caller.js';
import type { Role } from '../../parties/officer.js';
import type { Acting } from '../../parties/permissions.js';
import type { Once } from '../engine/append-once.js';
import type { Procedure } from '../engine/procedure.js';
import { refuseOne } from '../engine/refusals.js';
import type { Relations } from '../engine/relations.js';
import type { Fields } from '../files/file.js';
import { entryAsSeen, newestText } from './entry-file.js';
import { requireEntryId, validateAhead } from './entry-text.js';

/** Catalogs in files, by the procedure: who may bring and read them, and drafts that are laid down by E1, E3, E6 and E11. */
export class LawfulDrafts {
  constructor(
    private readonly procedure: Procedure,
    private readonly relations: Relations,
  ) {}

  /** The officer with the first of the roles that it holds. Throws NOT_YOUR_ROLE. */
  async requireRole(caller: Caller, roles: readonly Role[], what: string): Promise<Acting> {
    const officer = await this.procedure.requireInsider(caller, what);
    const role = roles.find((one) => officer.roles.includes(one));
    if (role === undefined)
      throw refuseOne('NOT_YOUR_ROLE', `${what} is for ${roles.map((one) => `own.${one}`).join(', ')}`);
    return { actor: actorOf(officer), role };
  }

  /** Throws NOT_YOUR_ROLE for everybody but the officers of departments. */
  async requireOfficer(caller: Caller, what: string): Promise<void> {
    await this.procedure.requireInsider(caller, what);
  }

  /** The newest text of an entry that the caller may read. Throws NOT_FOUND. */
  async textFor(caller: Caller, id: string): Promise<EntryDocument | undefined> {
    const { file } = await this.procedure.files.read(caller, { kind: 'catalog', id });
    return caller.kind === 'officer' ? newestText(entryAsSeen(file, caller, this.relations).file) : undefined;
  }

  /** The body that was kept when a request with this key came before. Throws KEY_REUSED. */
  async answered(caller: Caller, key: Once['key']): Promise<Fields | undefined> {
    return (await this.procedure.answered(caller, key))?.body;
  }

  /** The part that stands with a record, so that a request with this key is answered again. */
  kept(caller: Caller, key: Once['key'], body: Fields): Act['kept'] {
    return this.procedure.kept(caller, key, body);
  }

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
