/** Keys of all objects of one event together. An object of 50,000 keys takes an engine 90 ms to parse, and each walk as long. */
export const JSON_MEMBERS_MAX = 10_000;
/** A shorter text is parsed in a few milliseconds whatever it holds. */
const COUNTED_FROM_CHARACTERS = 64 * 1024;

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

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

/** Index of the quote that ends the string which begins at `start`, or the end of the text. */
export function closingQuote(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
