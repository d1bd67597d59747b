import type { NumberedItem } from '../../../proto/entry/entry.js';
import type { CompiledEntry } from '../../catalog/compiled-entry.js';

/** The items of one published version by number. */
export interface EntryItems {
  byNumber: ReadonlyMap<number, NumberedItem>;
  /** The items of this version and of those before it. */
  everByNumber: ReadonlyMap<number, NumberedItem>;
  /** Names of the decimal items that this version or one before had. */
  decimals: readonly string[];
}

const known = new WeakMap<object, EntryItems>();

/** Computed once per version and dropped with it. */
export function entryItems(entry: CompiledEntry): EntryItems {
  const found = known.get(entry.version);
  if (found) return found;
  const ever = [...entry.history.definitions.values()];
  const made = {
    byNumber: byNumber(entry.version.items),
    everByNumber: byNumber(ever),
    decimals: ever.filter(({ type }) => type === 'decimal').map(({ name }) => name),
  };
  known.set(entry.version, made);
  return made;
}

const byNumber = (items: readonly NumberedItem[]): ReadonlyMap<number, NumberedItem> =>
  new Map(items.map((item) => [item.number, item]));
