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

/** Index of the quote that ends the string which begins at `start`, or the end of the text. */
export function closingQuote(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

/** The same in bytes of UTF-8. */
export function closingQuoteIn(bytes: Uint8Array, start: number): number {
  for (let end = bytes.indexOf(QUOTE, start + 1); end !== -1; end = bytes.indexOf(QUOTE, end + 1)) {
    let backslashes = 0;
    while (bytes[end - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return bytes.length;
}
