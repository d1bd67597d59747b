import type { Item, ItemType } from '../../../proto/entry/entry.js';
import type { ItemValue } from '../../../proto/event/event.js';
import { codesOf } from '../model/model-values.js';

/** A few values of each type, so that records often match row filters; edge cases are among them. */
const POOLS: Record<Exclude<ItemType, 'code'>, ItemValue[]> = {
  string: ['a', 'ab', '', 'abc', '陈小明', '𠮷野家', 'e\u0301a', ' b ', '"\\\u0000\u2028'],
  integer: [0, 1, -1, 5, 1000, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  number: [0, 0.5, -2.25, 3, 1e300, 5e-324],
  boolean: [true, false],
  date: ['2020-01-01', '2020-02-29', '1999-12-31', '2026-11-22'],
  datetime: [
    '2026-11-22T08:30:00+08:00',
    '2026-11-22T00:30:00Z',
    '2026-11-21T16:00:00Z',
    '2026-11-22T23:59:59.999+08:00',
    '2026-11-22T16:00:00Z',
    '1999-12-31T23:00:00Z',
  ],
  decimal: ['0', '1.0', '1.00', '-1', '10', '9.99', '123456789012345678901234567890.5'],
  object: [{}, { a: 1 }, { a: { b: ['c', null, 0.5] } }],
};

export function poolOf(item: Item): ItemValue[] {
  return item.type === 'code' ? codesOf(item) : POOLS[item.type];
}

/** Keys of records; integer keys include zero. */
export function keyOf(item: Item, record: number): ItemValue {
  if (item.type === 'integer') return record;
  return ['k0', '记录一', 'k 2', 'K0', 'k/4'][record] ?? `k${record}`;
}

/** Highest index of a value. */
export const VALUE_INDEX_MAX = 39;
/** Weight by which one value in five is absent. */
const ABSENT_INDICES = 8;

/** Returns the value of an index; the lowest indices are the spellings of an absent value. */
export function valueAt(item: Item, index: number): ItemValue | undefined {
  const pool = poolOf(item);
  const absent: (ItemValue | undefined)[] = item.list ? [undefined, null, []] : [undefined, null];
  if (index < ABSENT_INDICES) return absent[index % absent.length];
  const first = index - ABSENT_INDICES;
  if (!item.list) return pool[first % pool.length];
  return Array.from({ length: 1 + (index % 3) }, (_, i) => pool[(first + i) % pool.length] as ItemValue);
}
