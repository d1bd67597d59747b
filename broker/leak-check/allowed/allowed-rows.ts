import type { ItemType } from '../../../proto/entry/entry.js';
import type { RowPredicate, Rows } from '../../../proto/entry/rows.js';
import type { ItemValue, RecordData } from '../../../proto/event/event.js';

/** Item name → type, of every item that any version ever had. */
export type ItemTypes = ReadonlyMap<string, ItemType>;

/** Returns whether a record lies in the granted rows. An absent record or tested item does not. */
export function matchesRows(rows: Rows, types: ItemTypes, record: RecordData | undefined): boolean {
  return Object.entries(rows).every(([item, predicate]) => {
    const value = record?.[item];
    const type = types.get(item);
    return value !== undefined && value !== null && type !== undefined && holds(predicate, type, value);
  });
}

function holds(predicate: RowPredicate, type: ItemType, value: ItemValue): boolean {
  if (predicate.is !== undefined && order(type, value, predicate.is) !== 0) return false;
  if (predicate.in !== undefined && !predicate.in.some((one) => order(type, value, one) === 0)) return false;
  if (predicate.notIn?.some((one) => order(type, value, one) === 0)) return false;
  if (predicate.prefix !== undefined && !String(value).startsWith(predicate.prefix)) return false;
  if (predicate.min !== undefined && order(type, value, predicate.min) < 0) return false;
  if (predicate.max !== undefined && order(type, value, predicate.max) > 0) return false;
  if (predicate.from !== undefined && order(type, value, firstInstant(type, predicate.from)) < 0) return false;
  if (predicate.to !== undefined && order(type, value, lastInstant(type, predicate.to)) > 0) return false;
  return true;
}

/** A bare day as a bound on instants means that whole day in China's one time zone. */
const firstInstant = (type: ItemType, bound: string): string =>
  type === 'datetime' && bound.length === 10 ? `${bound}T00:00:00.000+08:00` : bound;
const lastInstant = (type: ItemType, bound: string): string =>
  type === 'datetime' && bound.length === 10 ? `${bound}T23:59:59.999+08:00` : bound;

/** Negative, zero, positive as `a` is less than, equal to, greater than `b`, by what the type means. */
function order(type: ItemType, a: ItemValue, b: ItemValue): number {
  if (type === 'decimal') return orderOfDecimals(String(a), String(b));
  if (type === 'datetime') return Date.parse(String(a)) - Date.parse(String(b));
  if (a === b) return 0;
  return (a as string | number) < (b as string | number) ? -1 : 1;
}

/** Compares by scaling both to integers of the smaller unit. */
function orderOfDecimals(a: string, b: string): number {
  const digits = Math.max(fractionDigitsOf(a), fractionDigitsOf(b));
  const difference = scaled(a, digits) - scaled(b, digits);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const fractionDigitsOf = (text: string): number => text.split('.')[1]?.length ?? 0;

function scaled(text: string, digits: number): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(digits, '0'));
}
