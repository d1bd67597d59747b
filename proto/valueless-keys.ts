import { quotedName } from './foreign-name.js';

/** Problems of one document; a person corrects the first and sees the others go. */
const PROBLEMS_MAX = 100;
const PATH_CHARACTERS_MAX = 500;

const WHY = 'has no value; leave the key out to say that there is none';

/**
 * Finds keys and list elements without a value, at any depth, as `path: what`.
 *
 * In YAML `rows: {district: }` is a key with null, and so is `transform:` with its value forgotten. Taking null for an
 * absent key would make the first grant deliver the rows of all districts and the second one the name unmasked. So every
 * document that gives or limits a right, or configures a program, is checked with this before it is read: a bundle, an
 * entry, a grant, a narrowing, a rule, settings. Absence is said by leaving the key out.
 */
export function valuelessKeys(document: unknown, path = ''): string[] {
  if (!hasNull(document)) return [];
  const problems: string[] = [];
  const open: { value: unknown; path: string }[] = [{ value: document, path }];
  for (let next = open.pop(); next && problems.length < PROBLEMS_MAX; next = open.pop()) {
    const { value, path: at } = next;
    if (value === null && at !== '')
      problems.push(`${at.length > PATH_CHARACTERS_MAX ? `…${at.slice(-PATH_CHARACTERS_MAX)}` : at}: ${WHY}`);
    if (typeof value === 'object' && value !== null) open.push(...childrenOf(value, at).reverse());
  }
  return problems;
}

/** Nearly all documents have none, and some have a million values: no path is made for those. */
function hasNull(document: unknown): boolean {
  const open: unknown[] = [document];
  while (open.length > 0) {
    const value = open.pop();
    if (value === null) return true;
    if (typeof value !== 'object') continue;
    for (const one of Array.isArray(value) ? value : Object.values(value)) if (typeof one === 'object') open.push(one);
  }
  return false;
}

function childrenOf(value: object, path: string): { value: unknown; path: string }[] {
  if (Array.isArray(value)) return value.map((one, index) => ({ value: one, path: `${path}[${index}]` }));
  return Object.entries(value).map(([key, one]) => ({
    value: one,
    path: path === '' ? quotedName(key) : `${path}.${quotedName(key)}`,
  }));
}
