import { pointerStep } from './json-pointer.js';
import { isWellFormed } from './values/unicode.js';

/** A document can hold millions; whoever repairs the first ones has found the cause. */
const PATHS_MAX = 100;

/**
 * JSON Pointers to the strings of a document that hold half a surrogate pair, and to the objects that have such a key: text that has no UTF-8
 * and no digest by RFC 8785. Recursion is bounded by the levels that the parser allows.
 */
export function halfPairPaths(document: unknown): string[] {
  const paths: string[] = [];
  addPaths(document, [], paths);
  return paths;
}

/** Paths are put together where something is found: most values are well-formed. */
function addPaths(value: unknown, steps: (string | number)[], paths: string[]): void {
  if (paths.length >= PATHS_MAX) return;
  const found = (): unknown => paths.push(steps.map(pointerStep).join(''));
  const within = (step: string | number, one: unknown): void => {
    steps.push(step);
    addPaths(one, steps, paths);
    steps.pop();
  };
  if (typeof value === 'string') {
    if (!isWellFormed(value)) found();
  } else if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) within(index, one);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      if (isWellFormed(key)) within(key, one);
      else found();
    }
  }
}
