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
  segments: Pick<LogSegments, 'read' | 'scanning'>;
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
/** While subscribers are fed from the log a scan rests so many times as long as it works. */
const REST_FACTOR = 9;
const REST_MS_MAX = 1_000;
/** Read in one run, some seconds of work: then other entries have their turn. */
const EVENTS_PER_RUN = 200_000;

interface GroupScan {
  group: FilterGroup;
  filter: FilterGroup['filter'];
  range: EventRange;
  found: MatchedEvents;
}

/** A scan of one entry, which goes on where its last run ended. */
interface Scan {
  entry: string;
  partition: number;
  views: EntryViews<GroupScan>;
  groups: GroupScan[];
  after: number;
  through: number;
}

/** Reads a part of the log once for all groups of an entry and gives each what it misses. */
export class HistoryScan {
  readonly #unfinished = new Map<string, Scan>();
  #stopped = false;

  constructor(private readonly deps: HistoryScanDeps) {}

  /**
   * Goes on with the scan of the entry, or starts one; a long one takes several runs. Rejects while the log cannot be read; what was
   * read is kept for the next run.
   */
  async run(wanted: WantedHistory): Promise<void> {
    const scan = this.#unfinished.get(wanted.entry) ?? this.#start(wanted);
    this.#unfinished.set(scan.entry, scan);
    let events = 0;
    // Groups that nobody counts with any more belong to a log that was truncated, or to grants that have ended.
    while (scan.after < scan.through && scan.groups.some(({ group }) => group.grants.size > 0)) {
      if (this.#stopped || events >= EVENTS_PER_RUN) return;
      const { after } = scan;
      const beganMs = performance.now();
      events += await this.#readOn(scan);
      await this.#rest(performance.now() - beganMs);
      // A replica lags: others have their turn meanwhile.
      if (scan.after === after) return;
    }
    this.#unfinished.delete(scan.entry);
    for (const { group, range, found } of scan.groups) group.matched.insert(range, found);
  }

  /** Positions that are left to read. */
  lengthOf({ entry, ranges }: WantedHistory): number {
    const scan = this.#unfinished.get(entry);
    if (scan) return scan.through - scan.after;
    const all = [...ranges.values()];
    return Math.max(...all.map(({ through }) => through)) - Math.min(...all.map(({ after }) => after));
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Subscribers that are behind come first: a count may be late by seconds, and reads for itself what they read. */
  async #rest(workedMs: number): Promise<void> {
    if (this.deps.segments.scanning === 0) return;
    await pause(Math.min(REST_MS_MAX, workedMs * REST_FACTOR), undefined, { ref: false });
  }

  #start({ entry, partition, ranges }: WantedHistory): Scan {
    const groups = [...ranges].map(
      ([group, range]): GroupScan => ({ group, filter: group.filter, range, found: new MatchedEvents(range.after) }),
    );
    const views = new EntryViews<GroupScan>(fieldsOf(this.deps.entries, entry));
    for (const one of groups) views.add(one);
    const after = Math.min(...groups.map(({ range }) => range.after));
    const through = Math.max(...groups.map(({ range }) => range.through));
    return { entry, partition, views, groups, after, through };
  }

  /** Returns the number of events that were read. */
  async #readOn(scan: Scan): Promise<number> {
    const { entry, partition, after } = scan;
    const segment = await this.deps.segments.read({ entry, partition, after, isForCount: true });
    if (segment.through <= after) await pause(LAG_PAUSE_MS, undefined, { ref: false });
    const budget = new TurnBudget();
    for (const logEvent of segment.events) {
      const { position } = logEvent;
      if (position <= after) continue;
      matchIfReadable(scan.views, logEvent, ({ range, found }, acceptedAtMs) => {
        if (position > range.after && position <= range.through) found.append(position, acceptedAtMs);
      });
      if (budget.isUsedUp) await budget.nextTurn();
    }
    for (const { found, group } of scan.groups) {
      if (found.retained > FOUND_EVENTS_MAX) found.collapse(this.deps.cursorsOf(group));
    }
    scan.after = Math.max(segment.through, after);
    return segment.events.length;
  }
}
