import type { Item, ItemType } from '../../proto/entry/entry.js';
import type { RowPredicate, Rows } from '../../proto/entry/rows.js';
import type { ItemValue, RecordData } from '../../proto/event/event.js';
import { matchesRows } from './allowed/allowed-rows.js';

/** Values of one probe. `token` is in every string, so that it can be looked for in bytes. */
export interface SyntheticRecords {
  token: string;
  /** In all rows of the grant, as far as values could be found. */
  inside: RecordData;
  /** Each breaks one predicate: by a value on the wrong side of it, or by having none. */
  outside: RecordData[];
  /** In all rows too, with values at which transforms and encodings go wrong, or none, in the items that no predicate tests. */
  edges: RecordData[];
}

/** Lists that a record of this kind may have; two elements show that each is transformed. */
const LIST_ELEMENTS = 2;
const DAY = '1987-06-05';
/** Two units of UTF-16 and four of UTF-8: no place to cut, and one character to count. */
const BEYOND_BMP = '𠮷';

/** The same number for each type; `undefined` is a record without the item. */
const EDGES: Record<ItemType, readonly (ItemValue | undefined)[]> = {
  string: ['', 'x', BEYOND_BMP, `${BEYOND_BMP}"\\\n\u2028é`, undefined],
  code: ['', 'x', BEYOND_BMP, 'xyz', undefined],
  integer: [0, -1, Number.MAX_SAFE_INTEGER, 1, undefined],
  number: [0, -0.5, 1e21, 1e-7, undefined],
  boolean: [false, true, false, true, undefined],
  date: ['0001-01-01', '9999-12-31', '2000-02-29', '1970-01-01', undefined],
  datetime: [
    '0001-01-01T00:00:00Z',
    '2000-02-29T23:59:59.999+08:00',
    '1987-06-05T04:03:02+08:00',
    '1970-01-01T00:00:00Z',
    undefined,
  ],
  decimal: ['0', '-0.5', '0.10', '12345678901234567890.5', undefined],
  object: [{}, { inside: '' }, { inside: BEYOND_BMP }, { inside: null }, undefined],
};

/** A record inside all layers of rows, and records just outside each predicate. */
export function syntheticRecords(items: readonly Item[], layers: readonly Rows[], token: string): SyntheticRecords {
  const types = new Map(items.map(({ name, type }) => [name, type]));
  const plain: RecordData = {};
  for (const item of items) plain[item.name] = plainValue(item, token);
  const inside = { ...plain };
  const tested = new Set(layers.flatMap((rows) => Object.keys(rows)));
  const matches = (name: string, value: ItemValue | undefined): boolean =>
    layers.every(
      ({ [name]: predicate }) =>
        !predicate || matchesRows({ [name]: predicate }, types, { [name]: value as ItemValue }),
    );
  const candidates = new Map<string, ItemValue[]>();
  for (const name of tested) {
    const type = types.get(name) as ItemType;
    const predicates = layers.flatMap(({ [name]: predicate }) => (predicate ? [predicate] : []));
    const values = [...predicates.flatMap((one) => around(one, type)), plain[name] as ItemValue];
    candidates.set(name, values);
    inside[name] = values.find((value) => matches(name, value)) ?? (plain[name] as ItemValue);
  }
  const outside = [...candidates].flatMap(([name, values]) => {
    const wrong: (ItemValue | undefined)[] = values.filter((value) => !matches(name, value));
    return [...wrong, undefined].map((value) => {
      const { [name]: _left, ...rest } = inside;
      return value === undefined ? rest : { ...rest, [name]: value };
    });
  });
  return { token, inside, outside, edges: edgesOf(items, inside, tested) };
}

function edgesOf(items: readonly Item[], inside: RecordData, tested: ReadonlySet<string>): RecordData[] {
  const free = items.filter(({ name, identifier }) => !identifier && !tested.has(name));
  return EDGES.string.map((_none, index) => {
    const record = { ...inside };
    for (const { name, type, list } of free) {
      const value = EDGES[type][index];
      if (value === undefined) delete record[name];
      else record[name] = list ? [value] : value;
    }
    return record;
  });
}

function plainValue({ name, type, list }: Item, token: string): ItemValue {
  const one = (index: number): ItemValue => scalar(name, type, token, index);
  return list ? Array.from({ length: LIST_ELEMENTS }, (_none, index) => one(index)) : one(0);
}

function scalar(name: string, type: ItemType, token: string, index: number): ItemValue {
  switch (type) {
    case 'integer':
      return 987_654_321 + index;
    case 'number':
      return 98_765.4321 + index;
    case 'boolean':
      return true;
    case 'date':
      return DAY;
    case 'datetime':
      return `${DAY}T04:03:02Z`;
    case 'decimal':
      return `987654.32${index}`;
    case 'object':
      return { inside: `${token}-${name}` };
    default:
      return `${BEYOND_BMP}${token}-${name}-${index}${BEYOND_BMP}`;
  }
}

/** Values on both sides of a predicate, of the item's type. */
function around(predicate: RowPredicate, type: ItemType): ItemValue[] {
  const { is, in: among = [], notIn = [], prefix, min, max, from, to } = predicate;
  const listed = [...(is === undefined ? [] : [is]), ...among.slice(0, 1), ...notIn.slice(0, 1)];
  return [
    ...listed,
    ...(type === 'boolean' ? [true, false] : []),
    ...(prefix === undefined ? [] : [`${prefix}x`, `x${prefix}`]),
    ...[min, max].flatMap((bound) => (bound === undefined ? [] : aroundNumber(bound, type))),
    ...[from, to].flatMap((bound) => (bound === undefined ? [] : aroundTime(bound, type))),
  ];
}

function aroundNumber(bound: number | string, type: ItemType): ItemValue[] {
  if (type !== 'decimal') return [-1, 0, 1].map((step) => Number(bound) + step);
  const [whole = '0', fraction = ''] = String(bound).split('.');
  const digits = BigInt(whole + fraction);
  return [digits - 1n, digits, digits + 1n].map((value) => decimalOf(value, fraction.length));
}

function decimalOf(value: bigint, fractionDigits: number): string {
  const sign = value < 0n ? '-' : '';
  const digits = String(value < 0n ? -value : value).padStart(fractionDigits + 1, '0');
  if (fractionDigits === 0) return sign + digits;
  return `${sign}${digits.slice(0, -fractionDigits)}.${digits.slice(-fractionDigits)}`;
}

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

/** A day and a second before and after, in the form of the type. */
function aroundTime(bound: string, type: ItemType): ItemValue[] {
  const instant = Date.parse(bound.length === 10 ? `${bound}T00:00:00${type === 'date' ? 'Z' : '+08:00'}` : bound);
  const at = (ms: number): string => new Date(ms).toISOString();
  if (type === 'date') return [-DAY_MS, 0, DAY_MS].map((step) => at(instant + step).slice(0, 10));
  return [-SECOND_MS, 0, DAY_MS - SECOND_MS, DAY_MS, 2 * DAY_MS - SECOND_MS].map((step) => at(instant + step));
}
