import type { ItemType } from '../../../proto/entry/entry.js';
import type { ItemField } from '../../../proto/entry/item-field.js';
import type { RowPredicate, Rows } from '../../../proto/entry/rows.js';
import type { ItemValue, RecordData } from '../../../proto/event/event.js';
import { compareDecimals } from '../../../proto/values/decimal.js';
import { compareInstants, type Instant, instantOf, isDay } from '../../../proto/values/rfc3339.js';
import { type EqualityKeyOf, equalityKeyOf, plainDecimal, recentInstantOf } from './equality-key.js';

type Scalar = string | number | boolean;
type Test = (value: ItemValue | undefined) => boolean;

/** A predicate that an index can look up by value. */
export interface IndexedPredicate {
  item: string;
  /** Keys of the values, with the function that makes the key of an event's value. */
  equals?: Scalar[];
  keyOf?: EqualityKeyOf;
  prefix?: string;
}

/** Compiled row filters: all tests must hold. An absent value, or one of another type, never matches. */
export class RowFilter {
  /** The most selective predicate for the index; undefined when the filter has to be tested on every event. */
  readonly indexed: IndexedPredicate | undefined;
  readonly #tests: [name: string, test: Test][] = [];

  /** `layers` are row maps that must all hold: the grant's rows and the narrowing of the subscription. */
  constructor(layers: Rows[], field: (name: string) => ItemField) {
    const predicates = layers.flatMap((rows) => Object.entries(rows));
    for (const [name, predicate] of predicates) this.#tests.push([name, compile(predicate, field(name).type)]);
    this.indexed = bestIndex(predicates, field);
  }

  /** Names of the items that have to be decoded for `matches`. */
  get items(): string[] {
    return this.#tests.map(([name]) => name);
  }

  get isEmpty(): boolean {
    return this.#tests.length === 0;
  }

  matches(values: RecordData | undefined): boolean {
    if (this.isEmpty) return true;
    if (values === undefined) return false;
    for (const [name, test] of this.#tests) if (!test(values[name])) return false;
    return true;
  }
}

/** Prefers an equality to a prefix, and of several equalities the one with the fewest values. */
function bestIndex(
  predicates: [string, RowPredicate][],
  field: (name: string) => ItemField,
): IndexedPredicate | undefined {
  let best: IndexedPredicate | undefined;
  for (const [item, { is, in: among, prefix }] of predicates) {
    const { type } = field(item);
    const values = is !== undefined ? [is] : among;
    if (values && (!best?.equals || values.length < best.equals.length)) {
      const keyOf = equalityKeyOf(type);
      best = { item, keyOf, equals: values.map((value) => keyOf(value)).filter((key) => key !== undefined) };
    } else if (!best && prefix !== undefined) best = { item, prefix };
  }
  return best;
}

function compile(predicate: RowPredicate, type: ItemType): Test {
  const tests: Test[] = [];
  const { is, in: among, notIn, prefix, min, max, from, to } = predicate;
  if (is !== undefined) tests.push(anyOf([is], type));
  if (among) tests.push(anyOf(among, type));
  if (notIn) tests.push(noneOf(notIn, type));
  if (prefix !== undefined) tests.push((value) => typeof value === 'string' && value.startsWith(prefix));
  if (min !== undefined) tests.push(bounded(type, min, (order) => order >= 0));
  if (max !== undefined) tests.push(bounded(type, max, (order) => order <= 0));
  if (from !== undefined) tests.push(notBefore(from, type));
  if (to !== undefined) tests.push(notAfter(to, type));
  return tests.length === 1 ? (tests[0] as Test) : (value) => tests.every((test) => test(value));
}

/** Values are normalised once, so that an event costs one look-up however long the list is. */
function anyOf(values: readonly Scalar[], type: ItemType): Test {
  const keyOf = equalityKeyOf(type);
  const keys = new Set(values.map((value) => keyOf(value)));
  keys.delete(undefined);
  return (value) => keys.has(keyOf(value));
}

function noneOf(values: readonly Scalar[], type: ItemType): Test {
  const isAmong = anyOf(values, type);
  return (value) => value !== undefined && value !== null && !isAmong(value);
}

function bounded(type: ItemType, bound: number | string, holds: (order: number) => boolean): Test {
  if (type === 'decimal') {
    const decimal = plainDecimal(bound);
    return (value) => typeof value === 'string' && holds(compareDecimals(value, decimal));
  }
  const number = Number(bound);
  return (value) => typeof value === 'number' && holds(value - number);
}

const DAY_SECONDS = 24 * 60 * 60;
/** A day as a bound on instants is that whole day in the one legal time zone, UTC+8. */
const startOf = (bound: string): Instant | undefined => instantOf(isDay(bound) ? `${bound}T00:00:00+08:00` : bound);

function notBefore(bound: string, type: ItemType): Test {
  if (type === 'date') return (value) => typeof value === 'string' && value >= bound;
  return instantTest(startOf(bound), (order) => order >= 0);
}

function notAfter(bound: string, type: ItemType): Test {
  if (type === 'date') return (value) => typeof value === 'string' && value <= bound;
  const start = startOf(bound);
  if (!start || !isDay(bound)) return instantTest(start, (order) => order <= 0);
  return instantTest({ ...start, second: start.second + DAY_SECONDS }, (order) => order < 0);
}

/** Compares at full precision; a value that is no instant never matches. */
function instantTest(bound: Instant | undefined, holds: (order: number) => boolean): Test {
  return (value) => {
    const instant = bound && recentInstantOf(value);
    return instant !== undefined && holds(compareInstants(instant, bound!));
  };
}
