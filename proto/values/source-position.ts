/** Up to eight numbers of up to twenty digits: an LSN or a file offset fits into one of them. */
const GRAMMAR = /^\d{1,20}(?:\.\d{1,20}){0,7}$/;
const DOT = 0x2e;
const ZERO = 0x30;

/** Dotted decimals such as `23456789.12`. */
export const isSourcePosition = (text: string): boolean => GRAMMAR.test(text);

/**
 * Negative, zero or positive; number by number, whatever their length, and `1.2` comes before `1.2.0`. Nothing is
 * parsed: 64-bit numbers do not fit a double, and this runs several times for every event that has a source position.
 */
export function compareSourcePositions(a: string, b: string): number {
  if (a === b) return 0;
  let startA = numberStart(a, sharedLength(a, b));
  let startB = startA;
  while (startA < a.length && startB < b.length) {
    const endA = numberEnd(a, startA);
    const endB = numberEnd(b, startB);
    const digitsA = digitsStart(a, startA, endA);
    const digitsB = digitsStart(b, startB, endB);
    if (endA - digitsA !== endB - digitsB) return endA - digitsA - (endB - digitsB);
    for (let i = digitsA, j = digitsB; i < endA; i++, j++) {
      const order = a.charCodeAt(i) - b.charCodeAt(j);
      if (order !== 0) return order;
    }
    startA = endA + 1;
    startB = endB + 1;
  }
  return Number(startA < a.length) - Number(startB < b.length);
}

/** Positions of one source mostly differ in their last digits. */
function sharedLength(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < length && a.charCodeAt(shared) === b.charCodeAt(shared)) shared++;
  return shared;
}

/** Start of the number that the character at `at` belongs to. */
function numberStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && text.charCodeAt(start - 1) !== DOT) start--;
  return start;
}

function numberEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && text.charCodeAt(end) !== DOT) end++;
  return end;
}

/** Leading zeros do not count. */
function digitsStart(text: string, start: number, end: number): number {
  let first = start;
  while (first < end - 1 && text.charCodeAt(first) === ZERO) first++;
  return first;
}
