import type { EntryVersion } from '../../../proto/entry/entry.js';

/** From when on a row filter can be applied to the events of an entry. */
export interface FilterHistory {
  /** 0 when it can be applied to all of them. */
  fromMs: number;
  /** Names the item and the version; '' when `fromMs` is 0. */
  reason: string;
}

const EVERYTHING: FilterHistory = { fromMs: 0, reason: '' };

/**
 * Finds the first version from which on every item of a filter is filterable without interruption.
 *
 * Whether a record leaves the rows, or was in them when it is deleted, follows from the values before the change, and sources send
 * those of filterable items only. An event of a version in which the item existed and was not filterable says nothing about
 * them: judged as "did not match before", a copy would keep records that have left or ended. Such events are history that
 * the filter cannot reach. Before an item existed no record had a value of it, so nothing is missing there.
 *
 * `versions` in ascending order, the last one published now. See docs/decisions/0061.
 */
export function filterHistory(versions: readonly EntryVersion[], items: Iterable<string>): FilterHistory {
  let latest = EVERYTHING;
  for (const item of items) {
    const history = historyOf(versions, item);
    if (history.fromMs > latest.fromMs) latest = history;
  }
  return latest;
}

function historyOf(versions: readonly EntryVersion[], name: string): FilterHistory {
  let hasExisted = false;
  let since: EntryVersion | undefined;
  let isInterrupted = false;
  for (const version of versions) {
    const item = version.items.find((one) => one.name === name);
    hasExisted ||= item !== undefined;
    if (item?.filterable) since ??= version;
    else if (hasExisted) {
      isInterrupted = true;
      since = undefined;
    }
  }
  if (!isInterrupted || !since) return EVERYTHING;
  const reason = `item ${name} is filterable since version ${since.version} of entry ${since.id}`;
  return { fromMs: Date.parse(since.publishedAt), reason };
}

/** False when the published version has dropped an item of a filter, or stopped to declare it filterable. */
export function canFilter({ items }: EntryVersion, names: Iterable<string>): boolean {
  const filterable = new Set(items.filter((item) => item.filterable).map((item) => item.name));
  return [...names].every((name) => filterable.has(name));
}
