import type { NumberedItem } from '../../proto/entry.js';
import type { CompiledEntry } from '../catalog/compiled-entry.js';

/** The items of one published version by name and by number. */
export interface EntryItems {
  byName: ReadonlyMap<string, NumberedItem>;
  byNumber: ReadonlyMap<number, NumberedItem>;
}

const known = new WeakMap<object, EntryItems>();

/** Made once per version and dropped with it. */
export function entryItems(entry: CompiledEntry): EntryItems {
  const found = known.get(entry.version);
  if (found) return found;
  const { items } = entry.version;
  const made = {
    byName: new Map(items.map((item) => [item.name, item])),
    byNumber: new Map(items.map((item) => [item.number, item])),
  };
  known.set(entry.version, made);
  return made;
}
