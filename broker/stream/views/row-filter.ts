import type { ItemType } from '../../../proto/entry/entry.js';
import type { ItemField } from '../../../proto/entry/item-field.js';
import type { RowPredicate, Rows } from '../../../proto/entry/rows.js';
import type { ItemValue, RecordData } from '../../../proto/event/event.js';
import { compareDecimals } from '../../../proto/values/decimal.js';
import { decimalOf } from '../../../proto/values/exact-number.js';
import { compareInstants, type Instant, instantOf, isDay } from '../../../proto/values/rfc3339.js';

type Scalar = string | number | boolean;
type Test = (value: ItemValue | undefined) => boolean;

/** A predicate that an index can look up by value. */
export interface IndexedPredicate {
  item: string;
  equals?: Scalar[];
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
  for (const [item, predicate] of predicates) {
    const { type } = field(item);
    // Two spellings of one decimal or instant are equal, which a look-up by string would miss.
    if (type === 'decimal' || type === 'datetime') continue;
    const equals = predicate.is !== undefined ? [predicate.is] : predicate.in;
    if (equals && (!best?.equals || equals.length < best.equals.length)) best = { item, equals };
    else if (!best && predicate.prefix !== undefined) best = { item, prefix: predicate.prefix };
  }
  return best;
}

function compile(predicate: RowPredicate, type: ItemType): Test {
  const tests: Test[] = [];
  const { is, in: among, notIn, prefix, min, max, from, to } = predicate;
  if (is !== undefined) tests.push(equalTo(is, type));
  if (among) tests.push(anyOf(among.map((value) => equalTo(value, type))));
  if (notIn) tests.push(noneOf(notIn.map((value) => equalTo(value, type))));
  if (prefix !== undefined) tests.push((value) => typeof value === 'string' && value.startsWith(prefix));
  if (min !== undefined) tests.push(bounded(type, (compare) => compare(min) >= 0));
  if (max !== undefined) tests.push(bounded(type, (compare) => compare(max) <= 0));
  if (from !== undefined) tests.push(notBefore(from, type));
  if (to !== undefined) tests.push(notAfter(to, type));
  return tests.length === 1 ? (tests[0] as Test) : (value) => tests.every((test) => test(value));
}

function equalTo(wanted: Scalar, type: ItemType): Test {
  if (type === 'decimal') {
    const decimal = plainDecimal(wanted);
    return (value) => typeof value === 'string' && compareDecimals(value, decimal) === 0;
  }
  if (type === 'datetime') {
    return instantTest(instantOf(wanted), (order) => order === 0);
  }
  return (value) => value === wanted;
}

const anyOf =
  (tests: Test[]): Test =>
  (value) =>
    tests.some((test) => test(value));

const noneOf =
  (tests: Test[]): Test =>
  (value) =>
    value !== undefined && value !== null && !tests.some((test) => test(value));

function bounded(type: ItemType, holds: (compare: (bound: number | string) => number) => boolean): Test {
  if (type === 'decimal') {
    return (value) => typeof value === 'string' && holds((bound) => compareDecimals(value, plainDecimal(bound)));
  }
  return (value) => typeof value === 'number' && holds((bound) => value - Number(bound));
}

/** A bound may be written as a number, in exponent form too; `checkRows` has made sure that it is a decimal. */
const plainDecimal = (bound: Scalar): string => (typeof bound === 'string' ? bound : (decimalOf(bound) ?? '0'));

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
    const instant = bound && instantOf(value);
    return instant !== undefined && holds(compareInstants(instant, bound!));
  };
}
