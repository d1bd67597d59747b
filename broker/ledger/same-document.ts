import { isDeepStrictEqual } from 'node:util';

/** The document as it will come back from the ledger: JSON values only, nothing that is undefined. */
export const plainDocument = <T>(document: T): T => JSON.parse(JSON.stringify(document)) as T;

/** Equal as JSON; the order of keys does not matter. */
export const sameDocument = (a: unknown, b: unknown): boolean => isDeepStrictEqual(plain(a), plain(b));

const plain = (document: unknown): unknown => (document === undefined ? undefined : plainDocument(document));
