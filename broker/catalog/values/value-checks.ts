import type { NumberedItem } from '../../../proto/entry/entry.js';
import type { ItemValue, RecordData } from '../../../proto/event/event.js';
import { compareDecimals } from '../../../proto/values/decimal.js';
import type { ItemProblem } from './item-problem.js';

/** A check of one item that JSON Schema cannot express; it runs when the schema has found no problem. */
export type ValueCheck = (data: RecordData) => ItemProblem | undefined;

/** The checks that the items of an entry need; most items need none. */
export function valueChecks(items: readonly NumberedItem[]): ValueCheck[] {
  return items.flatMap((item) => {
    const checks: ValueCheck[] = [];
    if (item.identifier) checks.push(identifierCheck(item));
    if (item.type === 'decimal' && (item.minimum != null || item.maximum != null)) checks.push(decimalBounds(item));
    if (item.type === 'object') checks.push(plainObjects(item));
    return checks;
  });
}

/** An empty key names no record. */
function identifierCheck({ name }: NumberedItem): ValueCheck {
  const problem: ItemProblem = { code: 'MISSING_IDENTIFIER', item: name, message: `the identifier ${name} is empty` };
  return (data) => (data[name] === '' ? problem : undefined);
}

function decimalBounds(item: NumberedItem): ValueCheck {
  const { name, minimum, maximum } = item;
  const invalid = (message: string): ItemProblem => ({
    code: 'ITEM_INVALID',
    item: name,
    message: `item ${name} ${message}`,
  });
  return eachValue(item, (value) => {
    if (minimum != null && compareDecimals(value as string, String(minimum)) < 0)
      return invalid(`must be >= ${minimum}`);
    if (maximum != null && compareDecimals(value as string, String(maximum)) > 0)
      return invalid(`must be <= ${maximum}`);
    return undefined;
  });
}

/** Bounds the recursion of this check and of JSON.stringify; records are never nested that deep. */
const DEPTH_MAX = 32;

/** Encodings other than JSON bring dates, byte strings and big integers, which JSON would change. */
function plainObjects(item: NumberedItem): ValueCheck {
  const problem: ItemProblem = {
    code: 'ITEM_INVALID',
    item: item.name,
    message: `item ${item.name} must hold JSON values only, at most ${DEPTH_MAX} levels deep`,
  };
  return eachValue(item, (value) => (isJson(value, DEPTH_MAX) ? undefined : problem));
}

function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth === 0) return false;
  if (Array.isArray(value)) return value.every((one) => isJson(one, depth - 1));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(value).every((one) => isJson(one, depth - 1));
}

function eachValue(item: NumberedItem, check: (value: ItemValue) => ItemProblem | undefined): ValueCheck {
  return (data) => {
    const value = data[item.name];
    if (value === undefined) return undefined;
    for (const one of item.list ? (value as ItemValue[]) : [value]) {
      const problem = check(one);
      if (problem) return problem;
    }
    return undefined;
  };
}
