import type { EntryVersion, NumberedItem } from '../../proto/entry/entry.js';

/** The items of an entry over its versions, up to one of them. */
export interface ItemHistory {
  /** The newest definition of each item that any of these versions had. */
  definitions: ReadonlyMap<string, NumberedItem>;
  /** Items that any of these versions declared filterable: row filters on them may follow records of that version. */
  filterable: ReadonlyMap<string, NumberedItem>;
}

/** Expects the versions in ascending order. */
export function itemHistory(versions: Iterable<EntryVersion>): ItemHistory {
  const definitions = new Map<string, NumberedItem>();
  const filterable = new Map<string, NumberedItem>();
  for (const { items } of versions) {
    for (const item of items) {
      definitions.set(item.name, item);
      if (item.filterable) filterable.set(item.name, item);
    }
  }
  return { definitions, filterable };
}
