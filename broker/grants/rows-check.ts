import type { EntryVersion, ItemType, NumberedItem } from '../../proto/entry/entry.js';
import { ROW_KEYWORDS, type Rows } from '../../proto/entry/rows.js';
import { SluiceError } from '../../proto/errors.js';
import { quotedName } from '../../proto/foreign-name.js';
import { valuelessKeys } from '../../proto/valueless-keys.js';
import { isDecimal } from '../../proto/values/decimal.js';
import { decimalOf } from '../../proto/values/exact-number.js';
import { isMap } from '../../proto/values/is-map.js';
import { isDay, isDayOrInstant, isInstant } from '../../proto/values/rfc3339.js';
import { isWellFormed } from '../../proto/values/unicode.js';

type Keyword = (typeof ROW_KEYWORDS)[number];

export interface RowsContext {
  /** For a narrowing: the items granted without transform. A filter on another item would reveal its values. */
  grantedPlain?: ReadonlySet<string> | undefined;
}

/** Values of all lists of one row filter together, counted before any is looked at: each takes memory in every broker. */
export const VALUES_MAX = 10_000;

const EQUALITY: Keyword[] = ['is', 'in', 'notIn'];
const KEYWORDS: Record<ItemType, readonly Keyword[]> = {
  string: [...EQUALITY, 'prefix'],
  code: [...EQUALITY, 'prefix'],
  integer: [...EQUALITY, 'min', 'max'],
  number: [...EQUALITY, 'min', 'max'],
  decimal: [...EQUALITY, 'min', 'max'],
  boolean: EQUALITY,
  date: [...EQUALITY, 'from', 'to'],
  datetime: [...EQUALITY, 'from', 'to'],
  object: [],
};

/** Throws UNKNOWN_PREDICATE with every problem of the row filter. */
export function checkRows(rows: unknown, version: EntryVersion, context: RowsContext = {}): asserts rows is Rows {
  const problems = rowProblems(rows, version, context);
  if (problems.length === 0) return;
  throw new SluiceError('UNKNOWN_PREDICATE', problems.join('; '), { entry: version.id, problems });
}

/** Every problem of a row filter, each with its path. */
export function rowProblems(rows: unknown, version: EntryVersion, context: RowsContext = {}): string[] {
  const field = context.grantedPlain ? 'narrow' : 'rows';
  if (!isMap(rows)) return [`${field}: must be a map from item to predicate`];
  if (valuesOf(rows) > VALUES_MAX) return [`${field}: may list at most ${VALUES_MAX} values in all`];
  const valueless = valuelessKeys(rows, field);
  if (valueless.length > 0) return valueless;
  return Object.entries(rows).flatMap(([name, predicate]) => {
    const path = `${field}.${quotedName(name)}`;
    const item = version.items.find((one) => one.name === name);
    if (!item) return [`${path}: entry ${version.id} has no such item`];
    if (!item.filterable) return [`${path}: the item is not filterable`];
    if (context.grantedPlain && !context.grantedPlain.has(name)) return [`${path}: the item is not granted plain`];
    return predicateProblems(predicate, item, path);
  });
}

/** Number of values in all lists of a row filter. */
export function valuesOf(rows: Record<string, unknown>): number {
  let values = 0;
  for (const predicate of Object.values(rows)) {
    if (!isMap(predicate)) continue;
    for (const value of Object.values(predicate)) if (Array.isArray(value)) values += value.length;
  }
  return values;
}

function predicateProblems(predicate: unknown, item: NumberedItem, path: string): string[] {
  if (!isMap(predicate)) return [`${path}: must be a map of ${ROW_KEYWORDS.join(', ')}`];
  const keywords = Object.entries(predicate).filter(([, value]) => value !== undefined);
  if (keywords.length === 0) return [`${path}: has no keyword`];
  return keywords.flatMap(([keyword, value]) => {
    const at = `${path}.${quotedName(keyword)}`;
    if (!ROW_KEYWORDS.includes(keyword as Keyword)) return [`${at}: is not a known keyword`];
    if (!KEYWORDS[item.type].includes(keyword as Keyword)) return [`${at}: does not apply to type ${item.type}`];
    const problem = valueProblem(keyword as Keyword, value, item.type);
    return problem === undefined ? [] : [`${at}: ${problem}`];
  });
}

function valueProblem(keyword: Keyword, value: unknown, type: ItemType): string | undefined {
  if (keyword === 'in' || keyword === 'notIn') {
    if (!Array.isArray(value) || value.length === 0) return 'must be a list of at least one value';
    return value.every((one) => isValue(one, type)) ? undefined : `must list values of type ${type}`;
  }
  if (keyword === 'prefix') return isText(value) && value !== '' ? undefined : 'must be a string that is not empty';
  const isBound = keyword === 'from' || keyword === 'to';
  const fits = isBound && type === 'datetime' ? isDayOrInstant(value) : isValue(value, type);
  return fits ? undefined : `must be a value of type ${type}`;
}

function isValue(value: unknown, type: ItemType): boolean {
  switch (type) {
    case 'integer':
      return Number.isSafeInteger(value);
    case 'number':
      return Number.isFinite(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'decimal':
      // A document may leave out the quotes: a number is as good, as long as no digit of it was lost.
      return typeof value === 'string' ? isDecimal(value) : decimalOf(value) !== undefined;
    case 'date':
      return isDay(value);
    case 'datetime':
      return isInstant(value);
    default:
      return isText(value);
  }
}

/** No event has half a surrogate pair, and a receipt could not hold the filter as it is. */
const isText = (value: unknown): value is string => typeof value === 'string' && isWellFormed(value);
