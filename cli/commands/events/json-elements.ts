import { closingQuote } from '../../../proto/values/json-scan.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const [OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * The elements of a JSON array as they are written, each on one line; of any other value the value itself. Expects valid JSON.
 * Parsed and written again they would lose digits of numbers, and of a repeated key one value.
 */
export function* jsonElements(json: string): Generator<string> {
  const text = json.trim();
  if (text.charCodeAt(0) !== OPEN_LIST) {
    yield onOneLine(text);
    return;
  }
  let depth = 0;
  let start = 1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = closingQuote(text, at);
    else if (code === OPEN_LIST || code === OPEN_MAP) depth++;
    else if (code === CLOSE_LIST || code === CLOSE_MAP) depth--;
    if (!(code === COMMA && depth === 1) && depth > 0) continue;
    const element = onOneLine(text.slice(start, at));
    if (element !== '') yield element;
    start = at + 1;
  }
}

/** Line breaks are white space: within a string JSON has them escaped. */
const onOneLine = (text: string): string => text.replace(/[\r\n]+/g, ' ').trim();
