import type { EntryDraft } from '../../proto/entry/entry.js';
import type { CatalogService } from '../catalog/catalog-service.js';
import type { Act } from '../ledger/record.js';
import type { Caller } from '../parties/caller.js';
import type { Role } from '../parties/officer.js';
import type { Acting } from '../parties/permissions.js';

/** An idempotency key with the digest of the request that came with it. */
export interface RequestKey {
  key: string;
  request: string;
}

/** The procedure of a registered bus, as far as catalogs in files need it. */
export interface LawfulCatalog extends Pick<CatalogService, 'putDraft' | 'checkDraft'> {
  /** The officer in the first of the roles that it has. Throws NOT_YOUR_ROLE. */
  requireRole(caller: Caller, roles: readonly Role[], what: string): Promise<Acting>;
  /** The body that was kept when a request with this key came before. Throws KEY_REUSED. */
  answered(caller: Caller, key: RequestKey): Promise<Record<string, unknown> | undefined>;
  /** The part that stands with a record, so that a request with this key is answered again. */
  kept(caller: Caller, key: RequestKey, body: Record<string, unknown>): Act['kept'];
  /** Throws NOT_YOUR_ROLE for everybody but the officers of departments. */
  requireOfficer(caller: Caller, what: string): Promise<void>;
  /** Newest text of an entry that the caller may read. Throws NOT_FOUND. */
  textFor(caller: Caller, id: string): Promise<EntryDraft | undefined>;
}
