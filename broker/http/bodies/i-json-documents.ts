import type { SluiceError } from '../../../proto/errors.js';
import { halfPairPaths, inexactNumberPaths } from '../../../proto/i-json.js';
import { problem, refuse } from '../../procedure/engine/refusals.js';

/** Bytes are UTF-8, which has no surrogates: only such an escape brings half a pair. */
const ESCAPES = ['\\ud', '\\uD'];

/**
 * Refuses a document with half a surrogate pair, as I-JSON does (RFC 7493, 2.1): it can be neither signed nor sent in UTF-8, and everything that comes
 * later may rely on its texts. Throws BAD_REQUEST with each path.
 */
export function requireWholeCharacters(document: unknown, source: Buffer): void {
  const paths = ESCAPES.some((one) => source.includes(one)) ? halfPairPaths(document) : [];
  if (paths.length > 0) throw halfPairs(paths);
}

/**
 * Refuses a document with a number that a double would change (RFC 7493, 2.2). Such a number comes as an object, which would be taken for a map and stored
 * as one. Throws BAD_REQUEST with each path.
 */
export function requireKeptNumbers(document: unknown): void {
  const paths = inexactNumberPaths(document);
  if (paths.length > 0) throw inexactNumbers(paths);
}

export const halfPairs = (paths: readonly string[]): SluiceError => refuseAt(paths, 'is not well-formed Unicode');

export const inexactNumbers = (paths: readonly string[]): SluiceError =>
  refuseAt(paths, 'has more digits than the bus can carry: write a decimal as a string');

const refuseAt = (paths: readonly string[], text: string): SluiceError =>
  refuse(paths.map((path) => problem(path, 'BAD_REQUEST', text)));
