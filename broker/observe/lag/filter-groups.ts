import type { Rows } from '../../../proto/entry/rows.js';
import type { LogEvent } from '../../event-log/log-event.js';
import type { PartitionReaders } from '../../event-log/partition-readers.js';
import { type EntryLookup, fieldsOf } from '../../stream/views/entry-fields.js';
import { EntryViews } from '../../stream/views/entry-views.js';
import { RowFilter } from '../../stream/views/row-filter.js';
import { FilterGroup } from './filter-group.js';

export interface FilterGroupsDeps {
  entries: EntryLookup;
  readers: Pick<PartitionReaders, 'at'>;
}

/** A grant as far as it decides what is counted for it. */
export interface CountedRows {
  grant: string;
  entry: string;
  partition: number;
  /** In canonical form. */
  rows: Rows;
}

/** All groups, found by the event that they count. */
export class FilterGroups {
  readonly #byKey = new Map<string, FilterGroup>();
  readonly #byEntry = new Map<string, EntryViews<FilterGroup>>();

  constructor(private readonly deps: FilterGroupsDeps) {}

  join({ grant, entry, partition, rows }: CountedRows): FilterGroup {
    const key = `${entry} ${JSON.stringify(rows)}`;
    let group = this.#byKey.get(key);
    if (!group) {
      const field = fieldsOf(this.deps.entries, entry);
      const { head } = this.deps.readers.at(partition);
      group = new FilterGroup(key, entry, partition, new RowFilter([rows], field), head);
      this.#byKey.set(key, group);
      this.#viewsOf(entry).add(group);
    }
    group.grants.add(grant);
    return group;
  }

  leave(grant: string, group: FilterGroup): void {
    group.grants.delete(grant);
    if (group.grants.size > 0 || this.#byKey.get(group.key) !== group) return;
    this.#byKey.delete(group.key);
    const views = this.#byEntry.get(group.entry);
    views?.delete(group);
    if (views?.size === 0) this.#byEntry.delete(group.entry);
  }

  /** Whether the events of an entry are counted for anybody. */
  counts(entry: string): boolean {
    return this.#byEntry.has(entry);
  }

  count(logEvent: LogEvent): void {
    const { entry, position } = logEvent;
    const views = this.#byEntry.get(entry);
    if (views) matchIfReadable(views, logEvent, (group, acceptedAtMs) => group.matched.append(position, acceptedAtMs));
  }

  /** Positions that all groups together hold. */
  get retained(): number {
    let retained = 0;
    for (const { matched } of this.#byKey.values()) retained += matched.retained;
    return retained;
  }

  *[Symbol.iterator](): Iterator<FilterGroup> {
    yield* this.#byKey.values();
  }

  #viewsOf(entry: string): EntryViews<FilterGroup> {
    let views = this.#byEntry.get(entry);
    if (!views) {
      views = new EntryViews(fieldsOf(this.deps.entries, entry));
      this.#byEntry.set(entry, views);
    }
    return views;
  }
}

/** An event that cannot be decoded is delivered to nobody, which ends its subscriptions: here it counts for nobody. */
export function matchIfReadable<V extends Pick<FilterGroup, 'filter'>>(
  views: EntryViews<V>,
  logEvent: LogEvent,
  matched: (one: V, acceptedAtMs: number) => void,
): void {
  try {
    const { event } = logEvent;
    views.match(event, (one) => matched(one, event.acceptedAtMs));
  } catch {
    // Reported by delivery.
  }
}
