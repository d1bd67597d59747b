/** More of a name would make the message that quotes it unreadable. */
const QUOTED_CHARACTERS_MAX = 64;

/**
 * A name that somebody outside chose (a field, an item, an attribute), in the form in which an error text may quote it:
 * shortened, well-formed, and without control characters, which could forge lines in a log or drive a terminal.
 */
export function quotedName(name: unknown): string {
  return String(name)
    .slice(0, QUOTED_CHARACTERS_MAX)
    .replace(/[\p{Cc}\p{Cs}]/gu, '\ufffd');
}
