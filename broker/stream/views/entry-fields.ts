import type { EntryVersion, NumberedItem } from '../../../proto/entry/entry.js';
import { fieldOf, type ItemField } from '../../../proto/entry/item-field.js';
import { SluiceError } from '../../../proto/errors.js';

/** The part of the catalog that delivery needs. */
export interface EntryLookup {
  published(entry: string): EntryVersion | undefined;
  version(entry: string, version: number): EntryVersion | undefined;
  /** Calls when an entry gets a new published version or is withdrawn. */
  onChange(fn: (entry: string) => void): () => void;
}

/** All published versions in ascending order; empty for a withdrawn entry. */
export function versionsOf(entries: EntryLookup, entry: string): EntryVersion[] {
  const newest = entries.published(entry);
  const versions = Array.from({ length: newest?.version ?? 0 }, (_none, index) => entries.version(entry, index + 1));
  return versions.filter((version) => version !== undefined);
}

/** The newest definition of an item, since a grant may name one that the published version has dropped. */
function newestItem(entries: EntryLookup, entry: string, name: string): NumberedItem | undefined {
  const newest = entries.published(entry);
  for (let number = newest?.version ?? 0; number > 0; number--) {
    const version = number === newest?.version ? newest : entries.version(entry, number);
    const found = version?.items.find((item) => item.name === name);
    if (found) return found;
  }
  return undefined;
}

/** Returns a look-up of an entry's items that throws GRANT_INVALID for a name that no version has. */
export function requireItem(entries: EntryLookup, entry: string): (name: string) => NumberedItem {
  return (name) => {
    const item = newestItem(entries, entry, name);
    if (!item) throw new SluiceError('GRANT_INVALID', `entry ${entry} has no item ${name}`, { entry, item: name });
    return item;
  };
}

export function fieldsOf(entries: EntryLookup, entry: string): (name: string) => ItemField {
  const item = requireItem(entries, entry);
  return (name) => fieldOf(item(name));
}
