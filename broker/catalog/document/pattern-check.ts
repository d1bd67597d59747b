import { LruMap } from '../lru-map.js';
import { LinearityJudge } from './linearity-judge.js';

/** A pattern that was not proven to be linear in time counts as `not_linear`. */
export type PatternCheck = 'linear' | 'not_linear' | 'not_a_pattern';

/** Bundles repeat the same few patterns over thousands of entries. */
const REMEMBERED_PATTERNS_MAX = 1_000;

const remembered = new LruMap<string, PatternCheck>(REMEMBERED_PATTERNS_MAX);
const judge = new LinearityJudge();

/** Checks that matching takes time linear in the string, whatever the string is. */
export async function checkPattern(pattern: string): Promise<PatternCheck> {
  const known = remembered.get(pattern);
  if (known) return known;
  const verdict = isRegExp(pattern) ? ((await judge.isLinear(pattern)) ? 'linear' : 'not_linear') : 'not_a_pattern';
  remembered.set(pattern, verdict);
  return verdict;
}

/** Compiles the pattern with the flag that the validator uses. */
function isRegExp(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}
