import { setTimeout as pause } from 'node:timers/promises';
import type { LogSegments } from '../../stream/segments/log-segments.js';
import { type EntryLookup, fieldsOf } from '../../stream/views/entry-fields.js';
import { EntryViews } from '../../stream/views/entry-views.js';
import type { EventRange } from './event-chunk.js';
import type { FilterGroup } from './filter-group.js';
import { matchIfReadable } from './filter-groups.js';
import { MatchedEvents } from './matched-events.js';
import { TurnBudget } from './turn-budget.js';

export interface HistoryScanDeps {
  entries: EntryLookup;
  segments: Pick<LogSegments, 'read'>;
  /** Positions of the group's cursors, ascending: where one stands, the positions around it are needed. */
  cursorsOf(group: FilterGroup): Float64Array;
}

/** The ranges of one entry that its groups miss. */
export interface WantedHistory {
  entry: string;
  partition: number;
  ranges: Map<FilterGroup, EventRange>;
}

/** Before the next read of a replica that lags. */
const LAG_PAUSE_MS = 250;
/** Positions that a scan may hold for one group before it drops those that no cursor needs. */
const FOUND_EVENTS_MAX = 65_536;

interface Scanned {
  group: FilterGroup;
  filter: FilterGroup['filter'];
  range: EventRange;
  found: MatchedEvents;
}

/** Reads a part of the log once for all groups of an entry and gives each what it misses. */
export class HistoryScan {
  #stopped = false;

  constructor(private readonly deps: HistoryScanDeps) {}

  /** Rejects while the log cannot be read; nothing was changed then. */
  async run({ entry, partition, ranges }: WantedHistory): Promise<void> {
    const scanned = [...ranges].map(
      ([group, range]): Scanned => ({ group, filter: group.filter, range, found: new MatchedEvents(range.after) }),
    );
    const views = new EntryViews<Scanned>(fieldsOf(this.deps.entries, entry));
    for (const one of scanned) views.add(one);
    const through = Math.max(...scanned.map(({ range }) => range.through));
    let after = Math.min(...scanned.map(({ range }) => range.after));
    while (after < through && !this.#stopped)
      after = await this.#readOn({ views, scanned }, { entry, partition, after, isForCount: true });
    if (this.#stopped) return;
    for (const { group, range, found } of scanned) group.matched.insert(range, found);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Returns the position up to which the log was read. */
  async #readOn(
    { views, scanned }: { views: EntryViews<Scanned>; scanned: Scanned[] },
    request: { entry: string; partition: number; after: number; isForCount: true },
  ): Promise<number> {
    const segment = await this.deps.segments.read(request);
    if (segment.through <= request.after) await pause(LAG_PAUSE_MS, undefined, { ref: false });
    const budget = new TurnBudget();
    for (const logEvent of segment.events) {
      const { position } = logEvent;
      if (position <= request.after) continue;
      matchIfReadable(views, logEvent, ({ range, found }, acceptedAtMs) => {
        if (position > range.after && position <= range.through) found.append(position, acceptedAtMs);
      });
      if (budget.isUsedUp) await budget.nextTurn();
    }
    for (const { found, group } of scanned) {
      if (found.retained > FOUND_EVENTS_MAX) found.collapse(this.deps.cursorsOf(group));
    }
    return Math.max(segment.through, request.after);
  }
}
