import { isMap } from '../../../proto/values/is-map.js';
import { addDays, addMonths, type Day, monthEnd, monthStart, wholeMonths } from '../calendar-date.js';
import type { CompiledValue } from '../rule.js';
import { type EvaluatedValue, earlierDay, type Scope } from '../scope.js';
import type { CompileContext } from './compile-context.js';

const QUANTITY = { scalar: 'quantity', list: false } as const;
const DATE = { scalar: 'date', list: false } as const;
const TODAY = { today: true };
/** Years or months that no two days are apart which a clock can reach. */
const UNITS_MAX = 1_000_000;

/** Compiles whole years from a day to `at`, by default today. */
export function compileAge(document: Record<string, unknown>, context: CompileContext): CompiledValue | undefined {
  const from = context.value(document.age, 'age', 'date');
  const to = context.value(document.at ?? TODAY, 'at', 'date');
  if (!from || !to) return undefined;
  const at = document.at === undefined ? '' : ` at ${to.text}`;
  return { type: QUANTITY, text: `age of ${from.text}${at}`, evaluate: (scope) => span(from, to, 12, scope) };
}

/** Compiles whole months from a day to another, by default today. */
export function compileMonths(document: Record<string, unknown>, context: CompileContext): CompiledValue | undefined {
  const { months } = document;
  if (!isMap(months)) return context.problem('months must say from, and may say to');
  context.child('months').onlyKeys(months, ['from', 'to']);
  const from = context.value(months.from, 'months.from', 'date');
  const to = context.value(months.to ?? TODAY, 'months.to', 'date');
  if (!from || !to) return undefined;
  return {
    type: QUANTITY,
    text: `months from ${from.text} to ${to.text}`,
    evaluate: (scope) => span(from, to, 1, scope),
  };
}

function span(fromValue: CompiledValue, toValue: CompiledValue, unitMonths: number, scope: Scope): EvaluatedValue {
  const from = fromValue.evaluate(scope);
  const to = toValue.evaluate(scope);
  const start = from.value as Day | undefined;
  const end = to.value as Day | undefined;
  const untilEither = earlierDay(from.stableUntil, to.stableUntil);
  if (start === undefined || end === undefined)
    return { value: undefined, stableUntil: untilEither, daysOfCrossing: undefined };
  const units = Math.floor(wholeMonths(start, end) / unitMonths);
  if (from.stableUntil !== undefined || end !== scope.today || to.stableUntil === undefined) {
    return { value: units, stableUntil: untilEither, daysOfCrossing: undefined };
  }
  // Between a fixed day and today it grows by one at each anniversary.
  const reaches = (bound: number): Day => addMonths(start, bound * unitMonths);
  return {
    value: units,
    stableUntil: reaches(units + 1),
    daysOfCrossing: (bound) =>
      [Math.ceil(Number(bound)), Math.floor(Number(bound)) + 1]
        .filter((count) => Math.abs(count) <= UNITS_MAX)
        .map(reaches),
  };
}

/** Compiles a day moved by years, months and days, in this order, and then to the start or end of its month. */
export function compileDate(document: Record<string, unknown>, context: CompileContext): CompiledValue | undefined {
  const base = context.value(document.date, 'date', 'date');
  const plus = plusOf(document.plus ?? {}, context.child('plus'));
  const { to } = document;
  if (to !== undefined && to !== 'monthStart' && to !== 'monthEnd')
    return context.child('to').problem('must be monthStart or monthEnd');
  if (!base || !plus) return undefined;
  const move = (day: Day): Day => {
    const moved = addDays(addMonths(day, plus.months), plus.days);
    return to === 'monthStart' ? monthStart(moved) : to === 'monthEnd' ? monthEnd(moved) : moved;
  };
  return {
    type: DATE,
    text: `${base.text}${plus.text}${to === undefined ? '' : ` to ${to}`}`,
    evaluate: (scope) => {
      const { value, stableUntil } = base.evaluate(scope);
      return { value: value === undefined ? undefined : move(value as Day), stableUntil, daysOfCrossing: undefined };
    },
  };
}

function plusOf(plus: unknown, context: CompileContext): { months: number; days: number; text: string } | undefined {
  if (!isMap(plus)) return context.problem('must say years, months or days');
  context.onlyKeys(plus, ['years', 'months', 'days']);
  const { years = 0, months = 0, days = 0 } = plus as Record<string, unknown>;
  if (![years, months, days].every((amount) => Number.isSafeInteger(amount) && Math.abs(amount as number) <= 40_000)) {
    return context.problem('years, months and days must be whole numbers');
  }
  const text = Object.entries(plus).map(([unit, amount]) => ` plus ${amount} ${unit}`);
  return { months: (years as number) * 12 + (months as number), days: days as number, text: text.join('') };
}
