import type { SluiceError } from '../../../proto/errors.js';
import { halfPairPaths } from '../../../proto/half-pairs.js';
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

export const halfPairs = (paths: readonly string[]): SluiceError =>
  refuse(paths.map((path) => problem(path, 'BAD_REQUEST', 'is not well-formed Unicode')));
