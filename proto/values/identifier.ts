import { characterCount } from './unicode.js';

/** One limit for the key of a record in `data`, `subject` and look-ups: what can be created can be updated and deleted. */
export const IDENTIFIER_CHARACTERS_MAX = 1024;

/** A string has at least as many code units as characters, so most are decided by their length. */
export const isTooLongForIdentifier = (text: string): boolean =>
  text.length > IDENTIFIER_CHARACTERS_MAX && characterCount(text) > IDENTIFIER_CHARACTERS_MAX;
