import type { Item } from '../../proto/entry/entry.js';
import type { GrantDocument } from '../../proto/entry/grant.js';

/** Grants on an entry that are in force, suspended or not yet begun. */
export type LiveGrantsOn = (entry: string) => readonly GrantDocument[];

/** An item can be in thousands of grants, and a person reads the answer. */
const GRANTS_NAMED_MAX = 10;

/**
 * Row filters of live grants whose item the next version drops or stops to declare filterable. Events of such a version
 * carry no previous value of the item, so a subscriber would never get the `leave` of a record that it holds.
 */
export function brokenFilters(
  next: readonly Item[],
  current: readonly Item[],
  grants: readonly GrantDocument[],
): string[] {
  const kept = namesOf(next.filter((item) => item.filterable));
  const lost = current.filter((item) => item.filterable && !kept.has(item.name));
  return usedItems(lost, grants, ({ rows }, name) => rows != null && Object.hasOwn(rows, name)).map(
    ({ name, users }) => `items: ${name} must stay and stay filterable, it is in the rows of ${users}`,
  );
}

/** Items that live grants deliver and the next version drops. This is allowed, and its subscribers lose the item. */
export function droppedItems(
  next: readonly Item[],
  current: readonly Item[],
  grants: readonly GrantDocument[],
): string[] {
  const kept = namesOf(next);
  const dropped = current.filter((item) => !kept.has(item.name));
  return usedItems(dropped, grants, ({ items }, name) => items.some((item) => item.name === name)).map(
    ({ name, users }) => `items: ${name} is dropped and still granted by ${users}, which will get no more of it`,
  );
}

const namesOf = (items: readonly Item[]): Set<string> => new Set(items.map((item) => item.name));

function usedItems(
  items: readonly Item[],
  grants: readonly GrantDocument[],
  isUsed: (grant: GrantDocument, name: string) => boolean,
): { name: string; users: string }[] {
  return items.flatMap(({ name }) => {
    const ids = grants.filter((grant) => isUsed(grant, name)).map((grant) => grant.id);
    if (ids.length === 0) return [];
    const others = ids.length - GRANTS_NAMED_MAX;
    const named = ids.slice(0, GRANTS_NAMED_MAX).join(', ');
    const users = `${ids.length === 1 ? 'grant' : 'grants'} ${named}${others > 0 ? ` and ${others} more` : ''}`;
    return [{ name, users }];
  });
}
