import type { Item } from '../../../proto/entry/entry.js';
import { nameKey } from '../../catalog/document/compatibility.js';
import { TakenNames } from '../names/item-names.js';
import { titleZh } from '../writing/cell-text.js';

/** Statements of an item of a file about its name. */
export interface NamedItem {
  title?: string;
  stated?: string;
  made?: string;
}

export interface PlacedItem<T extends NamedItem> {
  item: T;
  /** Item of the entry that it is; undefined for a new one. */
  found: Item | undefined;
}

/** Which item of the entry each item of the file is: by its name, else by its title. */
export function matchedItems<T extends NamedItem>(items: readonly T[], present: readonly Item[]): PlacedItem<T>[] {
  const taken = new Set<Item>();
  const take = (among: readonly Item[] | undefined): Item | undefined => {
    const found = among?.find((one) => !taken.has(one));
    if (found) taken.add(found);
    return found;
  };
  const byName = grouped(present, ({ name }) => nameKey(name));
  const placed = items.map((item): PlacedItem<T> => {
    const { stated } = item;
    return { item, found: stated === undefined ? undefined : take(byName.get(nameKey(stated))) };
  });
  const byTitle = grouped(present, ({ title }) => titleZh(title));
  for (const one of placed) {
    const title = one.item.title ?? one.item.stated;
    if (!one.found && title !== undefined) one.found = take(byTitle.get(title));
  }
  return placed;
}

function grouped<Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** Stated names stand; an item that has the title already keeps its name; the others get names that differ. */
export function namesOf<T extends NamedItem>(
  placed: readonly PlacedItem<T>[],
  saysName: (item: T) => boolean,
): string[] {
  const taken = new TakenNames();
  const names = placed.map(({ item, found }) => {
    const isByTitle =
      found !== undefined &&
      item.stated !== undefined &&
      item.title === undefined &&
      nameKey(found.name) !== nameKey(item.stated);
    const keeps = found !== undefined && (item.stated === undefined || (isByTitle && !saysName(item)));
    return keeps ? found.name : item.stated;
  });
  for (const name of names) if (name !== undefined) taken.add(name);
  return placed.map(({ item }, index) => names[index] ?? (item.made === undefined ? '' : taken.take(item.made)));
}
