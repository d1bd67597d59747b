import type { Act } from '../ledger/record.js';
import { plainDocument, sameDocument } from '../ledger/same-document.js';
import type { Acting } from './permissions.js';

/** The act that registers a party, system or officer; undefined when the ledger holds the same document already. */
export function registrationAct<T extends { id: string }>(
  kind: 'party' | 'system' | 'officer',
  document: T,
  current: T | undefined,
  acting: Acting,
): Act | undefined {
  if (current !== undefined && sameDocument(document, current)) return undefined;
  return { kind, id: document.id, act: 'put', ...acting, document: plainDocument(document) };
}
