import type { EntryVersion } from '../../proto/entry/entry.js';
import type { GrantDocument } from '../../proto/entry/grant.js';
import type { Act } from '../ledger/record.js';
import { plainDocument, sameDocument } from '../ledger/same-document.js';
import type { Acting, Permissions } from '../parties/permissions.js';
import { canonicalRows } from './canonical-rows.js';
import { documentOf, type Grant, type StoredGrant } from './grant.js';
import { GRANT_LIFE_CYCLE, type GrantAct } from './grant-life-cycle.js';
import type { Grants } from './grants.js';

/** The document in the form in which it is stored, without a status. Expects a valid document. */
export function canonicalGrant(document: GrantDocument, party: string, entry: EntryVersion): GrantDocument {
  const { status: _, rows, ...rest } = plainDocument(document);
  const filter = canonicalRows(rows ?? {}, entry);
  return { ...rest, party, ...(Object.keys(filter).length > 0 && { rows: filter }) };
}

/** The act that creates or amends the grant directly; undefined when the grant exists as declared. */
export function directGrantAct(
  { grants, permissions }: { grants: Grants; permissions: Permissions },
  document: GrantDocument,
  acting: Acting,
): Act | undefined {
  const current = grants.get(document.id);
  const act: GrantAct = current ? 'amended' : 'created';
  const status = GRANT_LIFE_CYCLE.next(act, current?.status, { id: document.id, permissions, subject: {} });
  const stored: StoredGrant = { ...(document as GrantDocument & { party: string }), status, trial: true };
  if (current && sameDocument(documentOf(current), stored)) return undefined;
  return { kind: 'grant', id: document.id, act, ...acting, document: stored };
}

/** Suspends, restores or terminates the grant. Throws CONFLICT when its state does not allow the act. */
export function changeGrantAct(
  current: Grant,
  act: GrantAct,
  { reason, acting, permissions }: { reason: string; acting: Acting; permissions: Permissions },
): Act {
  const context = { id: current.id, permissions, subject: { reason } };
  const status = GRANT_LIFE_CYCLE.next(act, current.status, context);
  const document: StoredGrant = { ...documentOf(current), status };
  return { kind: 'grant', id: current.id, act, ...acting, reason, document };
}
