import type { ItemType } from '../../../proto/entry/entry.js';
import type { ItemValue } from '../../../proto/event/event.js';
import { normalizeDecimal } from '../../../proto/values/decimal.js';
import { decimalOf } from '../../../proto/values/exact-number.js';
import { type Instant, instantOf } from '../../../proto/values/rfc3339.js';

type Scalar = string | number | boolean;

/** Makes keys that are the same exactly for values that are equal; undefined for a value of another type. */
export type EqualityKeyOf = (value: ItemValue | undefined) => Scalar | undefined;

/** Decimals and instants have several spellings of one value, so they need a key; other values are their own. See docs/decisions/0062. */
export function equalityKeyOf(type: ItemType): EqualityKeyOf {
  if (type === 'decimal') return decimalKey;
  if (type === 'datetime') return instantKey;
  return (value) => (typeof value === 'object' ? undefined : value);
}

/** A bound may be written as a number, in exponent form too; `checkRows` has made sure that it is a decimal. */
export const plainDecimal = (bound: Scalar): string => (typeof bound === 'string' ? bound : (decimalOf(bound) ?? '0'));

function decimalKey(value: ItemValue | undefined): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return normalizeDecimal(plainDecimal(value));
}

function instantKey(value: ItemValue | undefined): string | undefined {
  const instant = recentInstantOf(value);
  return instant && `${instant.second}${instant.isLeap ? 'L' : ''}.${instant.fraction}`;
}

/** The values before and after a change: all filters of an entry test the same two. */
const RECENT_MAX = 2;
const recent: { text: string; instant: Instant | undefined }[] = [];

/** `instantOf`, which remembers the last values: thousands of filters may test one event. */
export function recentInstantOf(value: unknown): Instant | undefined {
  if (typeof value !== 'string') return undefined;
  for (const known of recent) if (known.text === value) return known.instant;
  const instant = instantOf(value);
  if (recent.length === RECENT_MAX) recent.shift();
  recent.push({ text: value, instant });
  return instant;
}
