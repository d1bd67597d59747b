/** Nearly every id is ASCII, for which this pattern is several times faster than the general one. */
const ASCII = /^[!-~](?:[ -~]{0,126}[!-~])?$/;
const ANY = /^[^\p{C}\p{Z}](?:(?:[^\p{C}\p{Z}]| ){0,126}[^\p{C}\p{Z}])?$/u;

/** 1 to 128 printable characters, no space at either end (NATS trims header values, so two ids would become one). */
export function isPrintableId(value: unknown): value is string {
  return typeof value === 'string' && (ASCII.test(value) || ANY.test(value));
}

/** The printable value that was read last. */
let lastShared: string | undefined;

/**
 * The value where it is printable as an id is, for one that most events share with the one before them, as the epoch of their source: it
 * is matched once, and all of them keep the same string, which maps find by its address.
 */
export function sharedPrintable(value: unknown): string | undefined {
  if (value === lastShared) return lastShared;
  if (!isPrintableId(value)) return undefined;
  lastShared = value;
  return value;
}

/** Rule for ids, as the end of a sentence that names the attribute. */
export const PRINTABLE_ID = 'must have 1 to 128 printable characters, and no space at its beginning or end';
