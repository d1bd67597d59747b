import type { Item, NumberedItem } from '../../../proto/entry/entry.js';

/** Names that differ only in case or underscores are one name in the JSON form of protobuf. */
export const nameKey = (name: string): string => name.replaceAll('_', '').toLowerCase();

/**
 * Incompatibilities of the items with all earlier versions; `earlier` holds the newest definition of each item that any
 * version had. Stored events are read by item number, so the meaning of a number never changes.
 */
export function incompatibilities(items: readonly Item[], earlier: ReadonlyMap<string, NumberedItem>): string[] {
  const problems: string[] = [];
  const names = new Map([...earlier.keys()].map((name) => [nameKey(name), name]));
  for (const [index, item] of items.entries()) {
    const path = `items[${index}]`;
    const before = earlier.get(item.name);
    if (before) problems.push(...changes(item, before).map((change) => `${path}.${change}`));
    const duplicate = names.get(nameKey(item.name));
    if (!before && duplicate !== undefined) {
      problems.push(`${path}.name: ${item.name} cannot be told apart from ${duplicate}, which an earlier version had`);
    }
  }
  const identifier = [...earlier.values()].find((item) => item.identifier);
  if (identifier && !items.some((item) => item.identifier && item.name === identifier.name)) {
    problems.push(`items: the identifier must stay ${identifier.name}`);
  }
  return problems;
}

function changes(item: Item, before: Item): string[] {
  const changed: string[] = [];
  if (item.type !== before.type) changed.push(`type: ${item.name} was ${before.type} and must stay so`);
  if ((item.list === true) !== (before.list === true)) {
    changed.push(`list: ${item.name} was ${before.list ? 'a list' : 'no list'} and must stay so`);
  }
  if ((item.identifier === true) !== (before.identifier === true)) {
    changed.push(`identifier: ${item.name} was ${before.identifier ? 'the' : 'not the'} identifier and must stay so`);
  }
  return changed;
}
