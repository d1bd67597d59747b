import { compareDecimals } from '../../../proto/values/decimal.js';
import { compareDays, type Day } from '../calendar-date.js';
import type { Operator } from '../rule-document.js';
import { type EvaluatedValue, earlierDay } from '../scope.js';
import type { Scalar, ScalarType, Value } from '../value-type.js';
import { decimalOf } from './decimal-math.js';

/** An absent value meets no comparison, `isNot` and `notIn` included: an unknown value proves nothing. */
export function compare(
  { found, against, scalar }: { found: Value | undefined; against: Value | undefined; scalar: ScalarType },
  operator: Operator,
): boolean {
  if (found === undefined || against === undefined) return false;
  const order = ORDERS[scalar] ?? compareStrings;
  switch (operator) {
    case 'is':
      return order(found as Scalar, against as Scalar) === 0;
    case 'isNot':
      return order(found as Scalar, against as Scalar) !== 0;
    case 'in':
      return (against as Scalar[]).some((one) => order(found as Scalar, one) === 0);
    case 'notIn':
      return !(against as Scalar[]).some((one) => order(found as Scalar, one) === 0);
    case 'atLeast':
      return order(found as Scalar, against as Scalar) >= 0;
    case 'atMost':
      return order(found as Scalar, against as Scalar) <= 0;
    case 'above':
      return order(found as Scalar, against as Scalar) > 0;
    case 'below':
      return order(found as Scalar, against as Scalar) < 0;
    case 'startsWith':
      return String(found).startsWith(String(against));
    case 'contains':
      return (found as Scalar[]).some((one) => order(one, against as Scalar) === 0);
  }
}

function compareQuantities(a: Scalar, b: Scalar): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return compareDecimals(decimalOf(a as string | number), decimalOf(b as string | number));
}

const compareStrings = (a: Scalar, b: Scalar): number => (a === b ? 0 : a < b ? -1 : 1);

const ORDERS: Partial<Record<ScalarType, (a: Scalar, b: Scalar) => number>> = {
  quantity: compareQuantities,
  date: (a, b) => compareDays(String(a), String(b)),
};

/** The first day after today on which the result of the comparison can change. */
export function nextChangeDay(left: EvaluatedValue, right: EvaluatedValue, today: Day): Day | undefined {
  if (left.stableUntil === undefined && right.stableUntil === undefined) return undefined;
  const [moving, other] = left.stableUntil === undefined ? [right, left] : [left, right];
  if (other.stableUntil !== undefined || !moving.daysOfCrossing) return earlierDay(left.stableUntil, right.stableUntil);
  if (other.value === undefined) return undefined;
  const bounds = Array.isArray(other.value) ? other.value : [other.value];
  const days = bounds.flatMap((bound) => moving.daysOfCrossing!(bound)).filter((day) => compareDays(day, today) > 0);
  return days.reduce<Day | undefined>((soonest, day) => earlierDay(soonest, day), undefined);
}
