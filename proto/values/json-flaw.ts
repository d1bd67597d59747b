import { ExactNumber } from './exact-number.js';
import { firstCharacters, isWellFormed } from './unicode.js';

/** Bounds the recursion of this check and of JSON.stringify; records are never nested that deep. */
const JSON_DEPTH_MAX = 32;
/** Keys are text that the source chose: a path quotes no more of one than this. */
const KEY_CHARACTERS_MAX = 64;

/** Where a value cannot be carried by every encoding, and why; neither holds the value itself. */
export interface JsonFlaw {
  path: string;
  why: string;
}

/**
 * The first thing in a value that JSON, MessagePack and protobuf would not all carry unchanged: a number that a double would
 * change, half a surrogate pair in a string or key, or a value that is not JSON (a date, bytes, a big integer).
 */
export function jsonFlaw(value: unknown, path: string): JsonFlaw | undefined {
  const flaw = flawIn(value, JSON_DEPTH_MAX);
  return flaw && { path: path + flaw.path, why: flaw.why };
}

/** Paths are put together on the way back: most values have no flaw, and this runs for each event. */
function flawIn(value: unknown, depth: number): JsonFlaw | undefined {
  switch (typeof value) {
    case 'string':
      return isWellFormed(value) ? undefined : NOT_UNICODE;
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : NOT_FINITE;
    case 'bigint':
      return LOSES_DIGITS;
    case 'object':
      break;
    default:
      return NOT_JSON;
  }
  if (value === null) return undefined;
  if (value instanceof ExactNumber) return LOSES_DIGITS;
  if (depth === 0) return TOO_DEEP;
  return Array.isArray(value) ? listFlaw(value, depth) : mapFlaw(value, depth);
}

const flawHere = (why: string): JsonFlaw => ({ path: '', why });
const NOT_UNICODE = flawHere('is not well-formed Unicode');
const NOT_FINITE = flawHere('is not a number that JSON can hold');
const LOSES_DIGITS = flawHere('is a number with more digits than a double keeps: send it as a string');
const NOT_JSON = flawHere('must hold JSON values only');
const TOO_DEEP = flawHere(`is nested deeper than ${JSON_DEPTH_MAX} levels`);
const KEY_NOT_UNICODE = flawHere('has a key that is not well-formed Unicode');

function listFlaw(list: readonly unknown[], depth: number): JsonFlaw | undefined {
  for (let i = 0; i < list.length; i++) {
    const flaw = flawIn(list[i], depth - 1);
    if (flaw) return { path: `[${i}]${flaw.path}`, why: flaw.why };
  }
  return undefined;
}

function mapFlaw(map: object, depth: number): JsonFlaw | undefined {
  const prototype = Object.getPrototypeOf(map);
  if (prototype !== Object.prototype && prototype !== null) return NOT_JSON;
  for (const key of Object.keys(map)) {
    if (!isWellFormed(key)) return KEY_NOT_UNICODE;
    const flaw = flawIn((map as Record<string, unknown>)[key], depth - 1);
    if (flaw) return { path: `.${shown(key)}${flaw.path}`, why: flaw.why };
  }
  return undefined;
}

const PLAIN_KEY = /^[A-Za-z0-9_-]+$/;
const shown = (key: string): string => {
  const short = firstCharacters(key, KEY_CHARACTERS_MAX);
  return PLAIN_KEY.test(short) ? short : JSON.stringify(short);
};
