import { normalizeDecimal } from '../../../proto/values/decimal.js';

/** Exact sums and products of decimals: money must not pass through floating point. */
export function addDecimals(a: string, b: string): string {
  const scale = Math.max(scaleOf(a), scaleOf(b));
  return textOf(unscaled(a, scale) + unscaled(b, scale), scale);
}

export const subtractDecimals = (a: string, b: string): string =>
  addDecimals(a, b.startsWith('-') ? b.slice(1) : `-${b}`);

export function multiplyDecimals(a: string, b: string): string {
  const scale = scaleOf(a) + scaleOf(b);
  return textOf(unscaled(a, scaleOf(a)) * unscaled(b, scaleOf(b)), scale);
}

/** The digits of a quantity, without an exponent. */
export function decimalOf(value: number | string): string {
  const [, sign = '', whole = '', fraction = '', exponent] =
    /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d+)$/.exec(String(value)) ?? [];
  if (exponent === undefined) return String(value);
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + '0'.repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

const scaleOf = (text: string): number => (text.includes('.') ? text.length - text.indexOf('.') - 1 : 0);

const unscaled = (text: string, scale: number): bigint =>
  BigInt(text.replace('.', '') + '0'.repeat(scale - scaleOf(text)));

function textOf(unscaledValue: bigint, scale: number): string {
  const negative = unscaledValue < 0n;
  const digits = String(negative ? -unscaledValue : unscaledValue).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale);
  return normalizeDecimal(`${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`);
}
