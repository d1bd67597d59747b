import { LruMap } from '../../../proto/collections/lru-map.js';
import { LinearityJudge } from './linearity-judge.js';
import type { Proof } from './pattern-worker.js';

export type PatternCheck = Proof | 'not_a_pattern';

/** Bundles repeat the same few patterns over thousands of entries. */
const REMEMBERED_PATTERNS_MAX = 1_000;
/** An unproven pattern is judged anew after this: the machine may have been busy, and a bundle must not wait for it a thousand times. */
const UNPROVEN_MS = 60_000;

const remembered = new LruMap<string, { verdict: PatternCheck; untilMs: number }>(REMEMBERED_PATTERNS_MAX);
const judge = new LinearityJudge();

/** Checks that matching takes time linear in the string, whatever the string is. */
export async function checkPattern(pattern: string): Promise<PatternCheck> {
  const known = remembered.get(pattern);
  if (known && performance.now() < known.untilMs) return known.verdict;
  const verdict = isRegExp(pattern) ? await judge.prove(pattern) : 'not_a_pattern';
  const untilMs = verdict === 'unproven' ? performance.now() + UNPROVEN_MS : Number.POSITIVE_INFINITY;
  remembered.set(pattern, { verdict, untilMs });
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
