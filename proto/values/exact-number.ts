import { isDecimal } from './decimal.js';

/** Significant decimal digits that every double keeps, at exponents that are far from its limits. */
const SAFE_DIGITS = 15;
const SAFE_EXPONENT = 290;
/** Zeros that an exponent may add to a decimal: no register counts further, and 1e999999999 would fill the memory. */
const EXPONENT_MAX = 1_000;

const JSON_NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * A number whose digits a double would change, as it was written. Nothing calculates with it: it becomes a decimal or a string,
 * or it is refused. `JSON.stringify` writes it as a string, because it has no way to write such a number.
 */
export class ExactNumber {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }
}

/** A number as JSON writes it: a plain number where a double keeps its value, else an ExactNumber; undefined for other text. */
export function exactNumberOf(text: string): number | ExactNumber | undefined {
  const parts = partsOf(text);
  if (!parts) return undefined;
  return isKept(parts) ? Number(text) : new ExactNumber(text);
}

/** True when a double prints back as the same decimal number: 1.10 is 1.1, but 9007199254740993 is another number. */
export function isExactNumber(text: string): boolean {
  const parts = partsOf(text);
  return parts !== undefined && isKept(parts);
}

/**
 * All digits of a decimal value, without exponent: the form of `decimal` items. Takes a number, a big integer, an ExactNumber or a string
 * in the notation of JSON numbers; undefined for anything else, and for exponents that would add over a thousand zeros.
 */
export function decimalOf(value: unknown): string | undefined {
  const isNumeric = typeof value === 'number' || typeof value === 'bigint' || value instanceof ExactNumber;
  if (!isNumeric && typeof value !== 'string') return undefined;
  const text = String(value);
  if (isDecimal(text)) return text;
  const parts = partsOf(text);
  if (!parts || Math.abs(parts.exponent) > EXPONENT_MAX) return undefined;
  const { negative, digits, exponent } = parts;
  return `${negative && digits !== '0' ? '-' : ''}${withPoint(digits, exponent)}`;
}

/** `digits` times ten to the power of `exponent`, without zeros at either end. */
interface NumberParts {
  negative: boolean;
  digits: string;
  exponent: number;
}

function partsOf(text: string): NumberParts | undefined {
  const match = JSON_NUMBER.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', power = '0'] = match;
  const all = `${whole}${fraction}`;
  let start = 0;
  while (start < all.length && all[start] === '0') start++;
  let end = all.length;
  while (end > start && all[end - 1] === '0') end--;
  if (start === end) return { negative: sign === '-', digits: '0', exponent: 0 };
  const exponent = Number(power) - fraction.length + (all.length - end);
  return { negative: sign === '-', digits: all.slice(start, end), exponent };
}

function isKept(parts: NumberParts): boolean {
  const { digits, exponent, negative } = parts;
  if (digits.length <= SAFE_DIGITS && Math.abs(exponent) < SAFE_EXPONENT) return true;
  const printed = partsOf(String(Number(`${negative ? '-' : ''}${digits}e${exponent}`)));
  return printed !== undefined && printed.digits === digits && printed.exponent === exponent;
}

function withPoint(digits: string, exponent: number): string {
  if (exponent >= 0) return digits === '0' ? '0' : digits + '0'.repeat(exponent);
  const whole = digits.length + exponent;
  return whole > 0 ? `${digits.slice(0, whole)}.${digits.slice(whole)}` : `0.${'0'.repeat(-whole)}${digits}`;
}
