import type { Item } from '../../proto/entry/entry.js';
import type { GrantDocument } from '../../proto/entry/grant.js';

/** Grants on an entry that are in force, suspended or about to begin. */
export type GrantsOn = (entry: string) => readonly GrantDocument[];

/** An item can be in thousands of grants, and the answer is read by a person. */
const GRANTS_NAMED_MAX = 10;

/**
 * Filters of grants that would lose their item: it is gone or can not be filtered on any more. Whoever is past such a
 * filter would never be told that a record has left it.
 */
export function lostFilters(
  next: readonly Item[],
  former: readonly Item[],
  grants: readonly GrantDocument[],
): string[] {
  const kept = namesOf(next.filter((item) => item.filterable));
  const lost = former.filter((item) => item.filterable && !kept.has(item.name));
  return whoUses(lost, grants, ({ rows }, name) => rows != null && Object.hasOwn(rows, name)).map(
    ({ name, users }) => `items: ${name} must stay and stay filterable, it is in the rows of ${users}`,
  );
}

/** Items that grants deliver and the next version does not have: allowed, but somebody will miss them. */
export function missedItems(
  next: readonly Item[],
  former: readonly Item[],
  grants: readonly GrantDocument[],
): string[] {
  const kept = namesOf(next);
  const dropped = former.filter((item) => !kept.has(item.name));
  return whoUses(dropped, grants, ({ items }, name) => items.some((item) => item.name === name)).map(
    ({ name, users }) => `items: ${name} is no longer there, it is granted by ${users}, which will get no more of it`,
  );
}

const namesOf = (items: readonly Item[]): Set<string> => new Set(items.map((item) => item.name));

function whoUses(
  items: readonly Item[],
  grants: readonly GrantDocument[],
  uses: (grant: GrantDocument, name: string) => boolean,
): { name: string; users: string }[] {
  return items.flatMap(({ name }) => {
    const ids = grants.filter((grant) => uses(grant, name)).map((grant) => grant.id);
    if (ids.length === 0) return [];
    const others = ids.length - GRANTS_NAMED_MAX;
    const named = ids.slice(0, GRANTS_NAMED_MAX).join(', ');
    const users = `${ids.length === 1 ? 'grant' : 'grants'} ${named}${others > 0 ? ` and ${others} more` : ''}`;
    return [{ name, users }];
  });
}
