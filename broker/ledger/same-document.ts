import { isDeepStrictEqual } from 'node:util';

/** The document as it should lie in the ledger: JSON values only, and no field that is undefined or null. */
export function plainDocument<T>(document: T): T {
  if (Array.isArray(document)) return document.map((one) => plainDocument(one) ?? null) as T;
  if (typeof document !== 'object' || document === null) return document;
  const fields = Object.entries(document).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(fields.map(([name, value]) => [name, plainDocument(value)])) as T;
}

/** Equal as they would lie in the ledger; the order of fields does not matter. */
export const sameDocument = (a: unknown, b: unknown): boolean =>
  // Mostly both come from the ledger or a checked bundle and are plain already.
  isDeepStrictEqual(a, b) || isDeepStrictEqual(plainDocument(a), plainDocument(b));
