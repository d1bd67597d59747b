import { isLosslessNumber, LosslessNumber, parse, stringify } from 'lossless-json';
import { decimalOf, isExactNumber } from '../../../proto/values/exact-number.js';

/**
 * Parses JSON with every number as its source text. A column is text, and so is a number in it: the type of the item, which may be
 * a string or a decimal, decides later what it says, and a nested value is written back as it came. `parseExactJson` of `proto/`
 * serves those who want values; it has numbers where a double keeps them. A repeated key is an error.
 */
export const parseJsonText = (text: string): unknown =>
  parse(text, undefined, { parseNumber: (digits) => new LosslessNumber(digits) });

/** True for the error of `parseJsonText` for an object that has a key twice, with different values. */
export const isRepeatedKey = (error: unknown): boolean => /^Duplicate key/.test((error as Error).message);

/** The text of a parsed value, as a database or a file would write it; undefined for null and absent. */
export function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  if (isLosslessNumber(value)) return withoutExponent(value.toString());
  return typeof value === 'object' ? stringify(value) : String(value);
}

/** True when every number in a parsed value has the same value as a double: the encodings of the bus carry no other number. */
export function hasExactNumbers(value: unknown): boolean {
  if (isLosslessNumber(value)) return isExactNumber(value.toString());
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(hasExactNumbers);
}

/** `1.5E3` → `1500`, the notation of decimal items; a number with an absurd exponent stays, and the catalog refuses it. */
export const withoutExponent = (number: string): string =>
  /[eE]/.test(number) ? (decimalOf(number) ?? number) : number;
