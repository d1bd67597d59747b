import type { EntryVersion } from '../../proto/entry/entry.js';
import type { GrantDocument } from '../../proto/entry/grant.js';
import { SluiceError } from '../../proto/errors.js';
import type { Act } from '../ledger/record.js';
import { plainDocument, sameDocument } from '../ledger/same-document.js';
import type { Acting } from '../parties/permissions.js';
import { canonicalRows } from './canonical-rows.js';
import type { Grant, StoredGrant } from './grant.js';
import type { Grants } from './grants.js';

type Change = 'suspended' | 'restored' | 'terminated';

/** What may follow what; a terminated grant is final. */
const CHANGES: Record<Change, { from: StoredGrant['status'][]; to: StoredGrant['status'] }> = {
  suspended: { from: ['in_force'], to: 'suspended' },
  restored: { from: ['suspended'], to: 'in_force' },
  terminated: { from: ['in_force', 'suspended'], to: 'terminated' },
};

/** The grant as it will be stored, but for its status. Valid documents only. */
export function canonicalGrant(document: GrantDocument, party: string, entry: EntryVersion): GrantDocument {
  const { status: _, rows, ...rest } = plainDocument(document);
  const filter = canonicalRows(rows ?? {}, entry);
  return { ...rest, party, ...(Object.keys(filter).length > 0 && { rows: filter }) };
}

/** The direct way of trial mode: a new grant, a changed one, or undefined when it is there as it should be. */
export function directGrantAct(grants: Grants, document: GrantDocument, acting: Acting): Act | undefined {
  const current = grants.get(document.id);
  if (current?.status === 'terminated') {
    throw new SluiceError('CONFLICT', `grant ${document.id} is terminated, which is final`, { grant: document.id });
  }
  const stored: StoredGrant = {
    ...(document as GrantDocument & { party: string }),
    status: current?.status ?? 'in_force',
    trial: true,
  };
  if (current && sameDocument(documentOf(current), stored)) return undefined;
  return { kind: 'grant', id: document.id, act: current ? 'amended' : 'created', ...acting, document: stored };
}

/** Throws CONFLICT when the grant is in another state. */
export function changeGrantAct(current: Grant, change: Change, reason: string, acting: Acting): Act {
  const { from, to } = CHANGES[change];
  if (!from.includes(current.status)) {
    const message = `grant ${current.id} is ${current.status} and can not be ${change}`;
    throw new SluiceError('CONFLICT', message, { grant: current.id });
  }
  const document: StoredGrant = { ...documentOf(current), status: to };
  return { kind: 'grant', id: current.id, act: change, ...acting, reason, document };
}

/** A party that holds a record both hashed and plain can join the two by their positions. `held` is all that it holds. */
export function joinWarnings(held: Iterable<GrantDocument>, document: GrantDocument, entry: EntryVersion): string[] {
  const identifier = entry.items.find((item) => item.identifier)?.name;
  const isHashed = (grant: GrantDocument): boolean =>
    grant.items.some((item) => item.name === identifier && item.transform === 'hash');
  const joined = [...held].filter((other) => other.id !== document.id && isHashed(other) !== isHashed(document));
  return joined.map((other) => {
    const [first, second] = [document.id, other.id].sort();
    return `grants ${first} and ${second}: party ${document.party} holds the same records hashed and plain`;
  });
}

export function documentOf(grant: Grant): StoredGrant {
  const { fromMs: _from, toMs: _to, historyFromMs: _history, ledgerSeq: _seq, ...document } = grant;
  return document;
}
