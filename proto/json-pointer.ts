import { firstCharacters } from './values/unicode.js';

/** A name that a client made up is shown no longer than this. */
const NAME_CHARACTERS_MAX = 64;

/** One step of a JSON Pointer (RFC 6901), to a member or an element. */
export const pointerStep = (name: string | number): string =>
  `/${firstCharacters(String(name), NAME_CHARACTERS_MAX).replaceAll('~', '~0').replaceAll('/', '~1')}`;
