import { quotedName } from '../foreign-name.js';
import { ExactNumber } from './exact-number.js';
import { closingQuote } from './json-scan.js';

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const [OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [0x5b, 0x5d, 0x7b, 0x7d];

/** An object has a key twice, of which a parser keeps one value without a word. `path` names it and holds no value. */
export class RepeatedKeyError extends SyntaxError {
  override readonly name = 'RepeatedKeyError';
  constructor(readonly path: string) {
    super(`the key ${path} is there twice`);
  }
}

/** Something that a walk over a value came by. */
export interface Seen {
  number: boolean;
}

/** Keys of all objects in a parsed value, and whether there is a number in it. It walks with a list of its own: nesting is bounded by the text alone. */
export function countMembers(root: unknown, seen: Seen = { number: false }): number {
  let members = 0;
  const open: unknown[] = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'number') seen.number = true;
    if (typeof next !== 'object' || next === null || next instanceof ExactNumber) continue;
    if (Array.isArray(next)) {
      for (const value of next) {
        if (typeof value === 'number') seen.number = true;
        else if (typeof value === 'object' && value !== null) open.push(value);
      }
      continue;
    }
    for (const key in next) {
      members++;
      const value = (next as Record<string, unknown>)[key];
      if (typeof value === 'number') seen.number = true;
      else if (typeof value === 'object' && value !== null) open.push(value);
    }
  }
  return members;
}

/**
 * Colons that follow a quote: as many as the text has keys, or more where strings contain such a pair, which is escaped there. Undefined
 * where white space stands before a colon, so that there may be fewer. A look at each character would take five times as long.
 */
export function countQuotedColons(text: string): number | undefined {
  let count = 0;
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    const before = text.charCodeAt(at - 1);
    if (before === QUOTE) count++;
    else if (before <= SPACE) return undefined;
  }
  return count;
}

/** One object or list that is open at some place of a text. */
interface Level {
  /** Undefined in a list. */
  keys: Set<string> | undefined;
  key: string;
  index: number;
  awaitsKey: boolean;
}

/** Path of the first key that an object of a valid JSON text has twice, however the key is escaped; undefined when there is none. */
export function repeatedKeyIn(json: string): string | undefined {
  const levels: Level[] = [];
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    const level = levels.at(-1);
    if (code === QUOTE) {
      const end = closingQuote(json, at);
      if (level?.awaitsKey) {
        level.key = JSON.parse(json.slice(at, end + 1)) as string;
        if (level.keys?.has(level.key)) return pathOf(levels);
        level.keys?.add(level.key);
      }
      at = end;
    } else if (code === COLON) level!.awaitsKey = false;
    else if (code === COMMA) {
      level!.index++;
      level!.awaitsKey = level!.keys !== undefined;
    } else if (code === OPEN_MAP) levels.push({ keys: new Set(), key: '', index: 0, awaitsKey: true });
    else if (code === OPEN_LIST) levels.push({ keys: undefined, key: '', index: 0, awaitsKey: false });
    else if (code === CLOSE_MAP || code === CLOSE_LIST) levels.pop();
  }
  return undefined;
}

const pathOf = (levels: readonly Level[]): string =>
  levels
    .map(({ keys, key, index }) => (keys ? `.${quotedName(key)}` : `[${index}]`))
    .join('')
    .replace(/^\./, '');
