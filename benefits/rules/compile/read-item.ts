import type { ItemType } from '../../../proto/entry/entry.js';
import type { Fact, Scope } from '../scope.js';
import type { Value } from '../value-type.js';

export interface ItemPlace {
  source: string;
  item: string;
  type: ItemType;
  dayOf: (instant: Date) => string;
}

/** The value of an item as rules see it, noted as used: an absent one too, since its absence decides as much. */
export function readItem(fact: Fact, { source, item, type, dayOf }: ItemPlace, scope: Scope): Value | undefined {
  const raw = fact.data?.[item];
  const value =
    raw === undefined || raw === null ? undefined : ((type === 'datetime' ? asDay(raw, dayOf) : raw) as Value);
  scope.noteUse(source, fact, item, value);
  return value;
}

const asDay = (raw: unknown, dayOf: (instant: Date) => string): Value =>
  Array.isArray(raw) ? raw.map((one) => dayOf(new Date(String(one)))) : dayOf(new Date(String(raw)));
