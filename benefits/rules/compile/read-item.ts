import type { ItemType } from '../../../proto/entry/entry.js';
import { instantMs } from '../../../proto/values/rfc3339.js';
import type { Fact, Scope } from '../scope.js';
import type { Value } from '../value-type.js';

export interface ItemReference {
  source: string;
  item: string;
  type: ItemType;
  dayOf: (instant: Date) => string;
}

/** Reads an item and records its use, also when it is absent: its absence may decide the outcome. */
export function readItem(fact: Fact, { source, item, type, dayOf }: ItemReference, scope: Scope): Value | undefined {
  const raw = fact.data?.[item];
  const value =
    raw === undefined || raw === null ? undefined : type === 'datetime' ? asDay(raw, dayOf) : (raw as Value);
  scope.recordUse(source, fact, item, value);
  return value;
}

function asDay(raw: unknown, dayOf: (instant: Date) => string): Value | undefined {
  if (Array.isArray(raw)) return raw.flatMap((one) => (asDay(one, dayOf) as string | undefined) ?? []);
  // Not Date.parse: it knows no leap second.
  const ms = instantMs(raw);
  return ms === undefined ? undefined : dayOf(new Date(ms));
}
