import { LruMap } from '../lru-map.js';

/** A pattern that could not be decided on in time counts as `not_linear`. */
export type PatternCheck = 'linear' | 'not_linear' | 'not_a_pattern';

/** The check runs in the event loop, so nobody may hold it up for longer. */
const CHECK_TIMEOUT_MS = 500;
/** Bundles repeat the same few patterns over thousands of entries. */
const REMEMBERED_PATTERNS_MAX = 1_000;

const remembered = new LruMap<string, PatternCheck>(REMEMBERED_PATTERNS_MAX);

/** Whether matching takes time linear in the text, whatever the text is. What can't be proven is refused. */
export async function checkPattern(pattern: string): Promise<PatternCheck> {
  const known = remembered.get(pattern);
  if (known) return known;
  const verdict = isRegExp(pattern) ? await measured(pattern) : 'not_a_pattern';
  remembered.set(pattern, verdict);
  return verdict;
}

/** With the flag that the validator uses. */
function isRegExp(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}

async function measured(pattern: string): Promise<PatternCheck> {
  // The library takes its backend from here only; the default one starts worker threads.
  process.env.RECHECK_SYNC_BACKEND = 'pure';
  const { checkSync } = await import('recheck');
  const { status } = checkSync(pattern, 'u', { timeout: CHECK_TIMEOUT_MS });
  return status === 'safe' ? 'linear' : 'not_linear';
}
