import { isLosslessNumber, isSafeNumber, LosslessNumber, parse, splitNumber, stringify } from 'lossless-json';

/** A number with a larger exponent is left as it was written; the catalog refuses it. */
const EXPANDED_DIGITS_MAX = 400;

/**
 * Parses JSON without passing a number through a double, which would round identifiers and amounts: two identifiers of 18 digits
 * may become one. A number is a `LosslessNumber`, which holds its source text. A repeated key is an error.
 */
export const parseExactJson = (text: string): unknown =>
  parse(text, undefined, { parseNumber: (digits) => new LosslessNumber(digits) });

/** The text of a value of `parseExactJson`, as a database or a file would write it; undefined for null and absent. */
export function exactText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  if (isLosslessNumber(value)) return withoutExponent(value.toString());
  return typeof value === 'object' ? stringify(value) : String(value);
}

/** True when every number in the JSON text has the same value as a double: the encodings of the bus carry no other number. */
export function hasExactNumbers(value: unknown): boolean {
  if (isLosslessNumber(value)) return isSafeNumber(value.toString());
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(hasExactNumbers);
}

/** `1.5E3` → `1500`: the same number in the notation of a decimal item. */
export function withoutExponent(number: string): string {
  if (!/[eE]/.test(number)) return number;
  const { sign, digits, exponent } = splitNumber(number);
  if (Math.abs(exponent) + digits.length > EXPANDED_DIGITS_MAX) return number;
  // `exponent` is that of the first digit.
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
