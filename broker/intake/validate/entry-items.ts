import type { NumberedItem } from '../../../proto/entry/entry.js';
import type { CompiledEntry } from '../../catalog/compiled-entry.js';

/** The items of one published version by number. */
export interface EntryItems {
  byNumber: ReadonlyMap<number, NumberedItem>;
  /** Of this version and those before it. */
  formerByNumber: ReadonlyMap<number, NumberedItem>;
}

const known = new WeakMap<object, EntryItems>();

/** Made once per version and dropped with it. */
export function entryItems(entry: CompiledEntry): EntryItems {
  const found = known.get(entry.version);
  if (found) return found;
  const made = {
    byNumber: byNumber(entry.version.items),
    formerByNumber: byNumber([...entry.history.definitions.values()]),
  };
  known.set(entry.version, made);
  return made;
}

const byNumber = (items: readonly NumberedItem[]): ReadonlyMap<number, NumberedItem> =>
  new Map(items.map((item) => [item.number, item]));
