/** Digits with an optional fraction: the form of decimals on the wire. */
const DECIMAL = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/;

export const isDecimal = (text: string): boolean => DECIMAL.test(text);

/** Negative, zero or positive, by value and exact at any length: no floating point is involved. */
export function compareDecimals(a: string, b: string): number {
  const left = partsOf(a);
  const right = partsOf(b);
  if (left.negative !== right.negative) return left.negative ? -1 : 1;
  const magnitude = compareMagnitudes(left, right);
  return left.negative ? -magnitude : magnitude;
}

/** The shortest decimal of the same value: no zeros at the end of the fraction, no negative zero. */
export function normalizeDecimal(text: string): string {
  const { negative, whole, fraction } = partsOf(text);
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

interface DecimalParts {
  negative: boolean;
  whole: string;
  /** Digits behind the point, without zeros at the end. */
  fraction: string;
}

function partsOf(text: string): DecimalParts {
  const unsigned = text.startsWith('-') ? text.slice(1) : text;
  const point = unsigned.indexOf('.');
  const whole = point < 0 ? unsigned : unsigned.slice(0, point);
  const fraction = point < 0 ? '' : withoutZerosAtEnd(unsigned.slice(point + 1));
  return { negative: text.startsWith('-') && !(whole === '0' && fraction === ''), whole, fraction };
}

/** A loop, because a pattern for it would take quadratic time on a long run of zeros. */
export function withoutZerosAtEnd(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}

function compareMagnitudes(a: DecimalParts, b: DecimalParts): number {
  if (a.whole.length !== b.whole.length) return a.whole.length - b.whole.length;
  if (a.whole !== b.whole) return a.whole < b.whole ? -1 : 1;
  if (a.fraction === b.fraction) return 0;
  // Fractions compare as strings: digit by digit from the point on, and a prefix is smaller.
  return a.fraction < b.fraction ? -1 : 1;
}
