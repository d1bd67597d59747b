import canonicalize from 'canonicalize';

/** Keys that an object of this language puts in another order, or does not take. */
const UNFIT_KEY = /^(?:\d+|__proto__)$/;
/** The escape that JSON.stringify writes for half a pair of surrogates; a value may hold the same characters as text. */
const LONE_SURROGATE = /\\ud[89a-f]/;

/**
 * The form of RFC 8785 of a value that came from JSON. The library builds it member by member and looks at every character, which takes
 * tens of microseconds for a document; here the members are put in order and the engine writes all of it at once. What it would write
 * otherwise is left to the library, which also throws for half a pair of surrogates.
 */
export function canonicalJson(value: unknown): string {
  const ordered = inOrder(value);
  const text = ordered === UNFIT ? undefined : JSON.stringify(ordered);
  return text === undefined || LONE_SURROGATE.test(text) ? (canonicalize(value) ?? '') : text;
}

const UNFIT = Symbol('unfit');

function inOrder(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const one of value) {
      const item = inOrder(one);
      if (item === UNFIT) return UNFIT;
      items.push(item);
    }
    return items;
  }
  const ordered: Record<string, unknown> = {};
  for (const key of sortedKeys(value)) {
    const member = inOrder((value as Record<string, unknown>)[key]);
    if (member === UNFIT || UNFIT_KEY.test(key)) return UNFIT;
    ordered[key] = member;
  }
  return ordered;
}

function sortedKeys(value: object): string[] {
  const keys = Object.keys(value);
  return keys.every((key, index) => index === 0 || (keys[index - 1] as string) < key) ? keys : keys.sort();
}
