import type { Item, NumberedItem } from '../../../proto/entry/entry.js';

/** Names that differ only in case or underscores are one name in the JSON form of protobuf. */
export const nameKey = (name: string): string => name.replaceAll('_', '').toLowerCase();

/**
 * Why the items can not follow what the entry had so far; `former` holds the newest definition of every item that any
 * version had. Stored events are read by number, so what a number means is fixed for ever.
 */
export function incompatibilities(items: readonly Item[], former: ReadonlyMap<string, NumberedItem>): string[] {
  const problems: string[] = [];
  const names = new Map([...former.keys()].map((name) => [nameKey(name), name]));
  for (const [index, item] of items.entries()) {
    const path = `items[${index}]`;
    const before = former.get(item.name);
    if (before) problems.push(...changes(item, before).map((change) => `${path}.${change}`));
    const alike = names.get(nameKey(item.name));
    if (!before && alike !== undefined) {
      problems.push(`${path}.name: ${item.name} can not be told from ${alike}, which an earlier version had`);
    }
  }
  const identifier = [...former.values()].find((item) => item.identifier);
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
