import { ExactNumber, isExactNumber } from './exact-number.js';
import { closingQuote } from './json-scan.js';
import { countMembers, countQuotedColons, RepeatedKeyError, repeatedKeyIn } from './repeated-key.js';

/**
 * A number outside of a string that could lose digits: sixteen digits or more, or an exponent. It may match within a string, but not the
 * end of one: ids such as `<epoch>:<position>` are in every event of a database.
 */
const SUSPECT = /(?:^|[[:,\s])-?(?:[\d.]{16,}(?:[\s,\]}]|$)|[\d.]+[eE])/;
const NUMBER = /-?[\d.]+(?:[eE][+-]?\d*)?/y;

const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/** Names an object that stands for an ExactNumber while the text is parsed; random, so that no text can hold it. */
const PLACEHOLDER = `exact-number-${globalThis.crypto.randomUUID()}`;

/**
 * `JSON.parse` that changes nothing: a number whose digits a double would change is an ExactNumber in the result, and an object
 * that has a key twice is refused. Throws SyntaxError, RepeatedKeyError for such a key.
 *
 * JSON.parse rounds and drops without a word, and a parser of our own would cost several times as much for every event. So where
 * there are numbers a pattern looks for those that could lose digits; only a text that has one is scanned, and only such
 * numbers are replaced before JSON.parse reads it again. Strings with long identifiers cost nothing: their digits do not follow a colon or
 * comma. A repeated key shows in the number of keys, which are fewer in the result than in the text; `keysInText` is their number where somebody
 * has counted them already. See docs/decisions/0055 and 0234.
 */
export function parseExactJson(text: string, keysInText?: number): unknown {
  const parsed: unknown = JSON.parse(text);
  const seen = { number: false };
  const members = countMembers(parsed, seen);
  const replaced = seen.number && SUSPECT.test(text) ? withPlaceholders(text) : text;
  const value = replaced === text ? parsed : withExactNumbers(JSON.parse(replaced));
  if (members === (keysInText ?? countQuotedColons(text))) return value;
  const path = repeatedKeyIn(text);
  if (path !== undefined) throw new RepeatedKeyError(path);
  return value;
}

/** Malformed numbers stay as they are, for JSON.parse to refuse. */
function withPlaceholders(text: string): string {
  let result = '';
  let copied = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = closingQuote(text, at) + 1;
    else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      NUMBER.lastIndex = at;
      const number = NUMBER.exec(text)?.[0] ?? text[at]!;
      if (isNumber(number) && !isExactNumber(number)) {
        result += `${text.slice(copied, at)}{"${PLACEHOLDER}":"${number}"}`;
        copied = at + number.length;
      }
      at += number.length;
    } else at++;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

const GRAMMAR = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const isNumber = (text: string): boolean => GRAMMAR.test(text);

/** Walks with a list of its own: nesting is bounded by the text alone, and a recursion would overflow the stack. */
function withExactNumbers(root: unknown): unknown {
  const top = { root };
  const open: Record<string, unknown>[] = [top];
  for (let container = open.pop(); container; container = open.pop()) {
    for (const key of Object.keys(container)) {
      const value = container[key];
      if (typeof value !== 'object' || value === null) continue;
      if (Object.hasOwn(value, PLACEHOLDER)) {
        container[key] = new ExactNumber((value as Record<string, string>)[PLACEHOLDER]!);
      } else open.push(value as Record<string, unknown>);
    }
  }
  return top.root;
}
