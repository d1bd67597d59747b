import { pointerStep } from './json-pointer.js';
import { ExactNumber } from './values/exact-number.js';
import { isWellFormed } from './values/unicode.js';

/** A document can hold millions; whoever repairs the first ones has found the cause. */
const PATHS_MAX = 100;

/**
 * JSON Pointers to the strings of a document that hold half a surrogate pair, and to the objects that have such a key: text that has no UTF-8
 * and no digest by RFC 8785. Recursion is bounded by the levels that the parser allows.
 */
export const halfPairPaths = (document: unknown): string[] =>
  pathsOf(document, (value) => typeof value === 'string' && !isWellFormed(value));

/** JSON Pointers to the numbers of a document whose digits a double would change: they have no digest by RFC 8785 either. */
export const inexactNumberPaths = (document: unknown): string[] =>
  pathsOf(document, (value) => value instanceof ExactNumber);

type Judge = (value: unknown) => boolean;

function pathsOf(document: unknown, isFlaw: Judge): string[] {
  const paths: string[] = [];
  addPaths(document, [], { paths, isFlaw });
  return paths;
}

/** Paths are put together where something is found: most values are well-formed. */
function addPaths(value: unknown, steps: (string | number)[], search: { paths: string[]; isFlaw: Judge }): void {
  const { paths, isFlaw } = search;
  if (paths.length >= PATHS_MAX) return;
  const found = (): unknown => paths.push(steps.map(pointerStep).join(''));
  const within = (step: string | number, one: unknown): void => {
    steps.push(step);
    addPaths(one, steps, search);
    steps.pop();
  };
  if (isFlaw(value)) found();
  else if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) within(index, one);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      // No path can lead through such a key.
      if (isFlaw(key)) found();
      else within(key, one);
    }
  }
}
