/** Keys of all objects of one event together. An object of 50,000 keys takes an engine 90 ms to parse, and each walk as long. */
export const JSON_MEMBERS_MAX = 10_000;
/** A shorter text is parsed in a few milliseconds whatever it holds. */
const COUNTED_FROM_CHARACTERS = 64 * 1024;

const [QUOTE, COLON, BACKSLASH] = [0x22, 0x3a, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [0x5b, 0x5d, 0x7b, 0x7d];

/** True for a JSON text with more keys than an event may have, found before it is parsed; malformed text counts as it goes. */
export function hasTooManyMembers(text: string): boolean {
  if (text.length < COUNTED_FROM_CHARACTERS) return false;
  let members = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = closingQuote(text, at);
    else if (code === COLON && ++members > JSON_MEMBERS_MAX) return true;
  }
  return false;
}

/** Whether maps and lists lie deeper in one another than so many levels; found before anything walks them by recursion. */
export function isDeeperThan(bytes: Uint8Array, levelsMax: number): boolean {
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = closingQuoteIn(bytes, at);
    else if (byte === OPEN_LIST || byte === OPEN_MAP) {
      if (++depth > levelsMax) return true;
    } else if (byte === CLOSE_LIST || byte === CLOSE_MAP) depth--;
  }
  return false;
}

/**
 * Index of the quote that ends the string which begins at `start`, or the end of the text. A search finds the end of most strings; where it
 * finds a quote that may be escaped, the characters are read, since a search for each of 260,000 escaped quotes takes twenty times as long.
 */
export function closingQuote(text: string, start: number): number {
  const quote = text.indexOf('"', start + 1);
  if (quote === -1) return text.length;
  if (text.charCodeAt(quote - 1) !== BACKSLASH) return quote;
  let at = start + 1;
  for (let code = text.charCodeAt(at); at < text.length && code !== QUOTE; code = text.charCodeAt(++at)) {
    if (code === BACKSLASH) at++;
  }
  return Math.min(at, text.length);
}

/** The same for a text in UTF-8. Most strings are so short that a search would take longer than to look at their bytes. */
export function closingQuoteIn(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  for (; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
  return Math.min(at, bytes.length);
}
