import type { EntryVersion, NumberedItem } from '../../proto/entry/entry.js';

/** What the versions of an entry up to one of them have said of its items. */
export interface ItemHistory {
  /** The newest definition of every item that any of them had. */
  definitions: ReadonlyMap<string, NumberedItem>;
  /** Items that any of them declared filterable: records of that version may be followed by row filters on them. */
  filterable: ReadonlyMap<string, NumberedItem>;
}

/** Of versions in their order. */
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
