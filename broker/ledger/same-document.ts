import { isDeepStrictEqual } from 'node:util';

/** The document as the ledger stores it: JSON values only, without fields that are undefined or null. */
export function plainDocument<T>(document: T): T {
  if (Array.isArray(document)) return document.map((one) => plainDocument(one) ?? null) as T;
  if (typeof document !== 'object' || document === null) return document;
  const fields = Object.entries(document).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(fields.map(([name, value]) => [name, plainDocument(value)])) as T;
}

/** Whether two documents are equal in the ledger; the order of fields does not matter. */
export const sameDocument = (a: unknown, b: unknown): boolean =>
  // Usually both come from the ledger or a checked bundle and are plain already.
  isDeepStrictEqual(a, b) || isDeepStrictEqual(plainDocument(a), plainDocument(b));
