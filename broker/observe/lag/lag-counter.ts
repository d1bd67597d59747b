import { setTimeout as pause } from 'node:timers/promises';
import type { PartitionReaders } from '../../event-log/partition-readers.js';
import type { Grants } from '../../grants/grants.js';
import type { Bus } from '../../nats/bus.js';
import { StoreUnavailableError } from '../../nats/store-errors.js';
import { acknowledgedPosition } from '../../stream/cursors/cursor-record.js';
import type { LogSegments } from '../../stream/segments/log-segments.js';
import type { EntryLookup } from '../../stream/views/entry-fields.js';
import type { EventRange } from './event-chunk.js';
import { EventQueue } from './event-queue.js';
import type { FilterGroup } from './filter-group.js';
import { FilterGroups } from './filter-groups.js';
import { HistoryScan, type WantedHistory } from './history-scan.js';
import type { LagCount } from './matched-events.js';
import { type StoredCursorOf, StoredCursors } from './stored-cursors.js';
import { type TrackedGrant, TrackedGrants, type TrackedGrantsDeps } from './tracked-grants.js';
import { TurnBudget } from './turn-budget.js';

export interface LagCounterDeps extends Omit<TrackedGrantsDeps, 'groups' | 'hasCursors'> {
  bus: Bus;
  grants: Pick<Grants, 'get' | 'byEntry' | 'onChange'>;
  entries: EntryLookup;
  readers: Pick<PartitionReaders, 'at' | 'observe'>;
  segments: Pick<LogSegments, 'read' | 'scanning'>;
}

/** How far one cursor is behind. */
export interface CountedCursor {
  cursor: StoredCursorOf;
  /** Last acknowledged position of the present epoch. */
  position: number | null;
  end: number;
  unacknowledged: number;
  /** False while older events are still being read: then there may be more. */
  isExact: boolean;
  oldestMs: number | undefined;
}

/** Bounds how late cursors that nobody asks about are known, and how much has to be read when somebody does. */
const REFRESH_MS = 10_000;
/** Positions held for all groups together, at 16 bytes each; beyond them those that no cursor needs are dropped. */
const RETAINED_EVENTS_MAX = 2_000_000;
/** Older cursors are not reported: the store is away, or so slow that it is no use waiting. */
const CURSORS_AGE_MS_MAX = 30_000;
const SLOW = new StoreUnavailableError('cursors were not read in time', false);
/** Runs of scans one after the other before the next refresh takes over. */
const ROUNDS_MAX = 1_000;

/**
 * Counts what each cursor has not acknowledged.
 *
 * Asking the log each time reads every event of a grant that is far behind at every scrape, and a consumer per grant is ten to a
 * hundred times too slow. So each event is matched once, when it was dispatched, against the row filters of all grants that have
 * a cursor, and its position is noted for the filters that let it through. The count of a cursor is the difference of two
 * numbers. What was stored before the count began, or before a cursor that was moved back, is read once from the log.
 *
 * Invariants: a count with `isExact` is what a subscriber would be sent from the cursor on; nothing of an event is kept but
 * position and acceptance time; no piece of the work holds the event loop for more than a millisecond or two. See
 * docs/decisions/0115.
 */
export class LagCounter {
  readonly #groups: FilterGroups;
  readonly #tracked: TrackedGrants;
  readonly #cursors: StoredCursors;
  readonly #queue: EventQueue;
  readonly #scan: HistoryScan;
  /** Something was counted, moved or granted since the last look for what is missing or needed no more. */
  #isChanged = false;
  /** A process that ends waits for no count. */
  #isStopped = false;
  #scanning: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly deps: LagCounterDeps) {
    this.#groups = new FilterGroups(deps);
    this.#cursors = new StoredCursors(deps.bus, (grant) => {
      this.#isChanged = true;
      this.#tracked.onCursor(grant);
    });
    const hasCursors = (grant: string): boolean => this.#cursors.has(grant);
    this.#tracked = new TrackedGrants({ ...deps, groups: this.#groups, hasCursors });
    this.#queue = new EventQueue((event) => {
      this.#isChanged = true;
      this.#groups.count(event);
    });
    this.#scan = new HistoryScan({ ...deps, cursorsOf: (group) => this.#positionsOf(group) });
  }

  start(): void {
    this.deps.readers.observe({
      onEvent: (_partition, event) => {
        if (this.#groups.counts(event.entry)) this.#queue.push(event);
      },
      onTruncated: (partition) => {
        this.#queue.drainNow();
        this.#tracked.forget(partition);
        this.#cursors.reset();
      },
    });
    this.#tracked.start();
    const tick = (): void => void this.#tick();
    this.#timer = setInterval(tick, REFRESH_MS);
    this.#timer.unref();
    tick();
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
    this.#tracked.stop();
    this.#queue.stop();
    this.#scan.stop();
  }

  /** Resolves when cursors, grants and events of the moment of the call are counted. Rejects while the store cannot be read. */
  async refresh(): Promise<void> {
    await this.#cursors.refresh();
    if (await this.#tracked.align(new TurnBudget())) this.#isChanged = true;
    await this.#queue.drained();
  }

  /**
   * Like `refresh`, but does not wait longer than that for the store: then cursors are as they were when they were read last, which it goes
   * on with. Resolves with how old they are, 0 when they are of the moment of the call. Rejects when they are too old to say
   * anything: a lag that grows would look like one that does not.
   */
  async refreshWithin(ms: number): Promise<number> {
    const refreshed = this.refresh().then(
      () => undefined,
      (error: Error) => error,
    );
    const failure = await Promise.race([refreshed, pause(ms, SLOW, { ref: false })]);
    if (failure === undefined) return 0;
    const { ageMs } = this.#cursors;
    if (ageMs !== undefined && ageMs <= CURSORS_AGE_MS_MAX) return ageMs;
    throw failure;
  }

  /** Resolves when nothing is left to be read, or the log cannot be read. */
  async settled(): Promise<void> {
    this.#scanning ??= this.#readMissing().finally(() => {
      this.#scanning = undefined;
    });
    await this.#scanning;
  }

  /** The cursors of a grant; none while the grant cannot be used. */
  of(grant: string, nowMs: number): CountedCursor[] {
    const tracked = this.#tracked.get(grant);
    const counted: CountedCursor[] = [];
    if (tracked) for (const cursor of this.#cursors.of(grant)) counted.push(this.#count(tracked, cursor, nowMs));
    return counted;
  }

  #count(tracked: TrackedGrant, cursor: StoredCursorOf, nowMs: number): CountedCursor {
    const position = positionIn(tracked, cursor);
    const { events, oldestMs, missing } = this.#countAfter(tracked, position, nowMs);
    return {
      cursor,
      position,
      end: this.deps.readers.at(tracked.group.partition).head,
      unacknowledged: events,
      oldestMs,
      isExact: missing === undefined,
    };
  }

  #countAfter(tracked: TrackedGrant, position: number | null, nowMs: number): LagCount {
    const expiredMs = this.deps.retention.expiredBeforeMs(tracked.grant.entry, nowMs);
    const sinceMs = Math.max(tracked.history.fromMs, expiredMs);
    return tracked.group.matched.countAfter(Math.max(position ?? 0, tracked.earliest ?? 0), sinceMs);
  }

  async #tick(): Promise<void> {
    try {
      await this.refresh();
      if (!this.#isChanged) return;
      this.#isChanged = false;
      await this.#trim();
      await this.settled();
    } catch {
      this.#isChanged = true;
      // The store is away, which is reported elsewhere; the next tick tries again.
    }
  }

  /** Reads what cursors miss, the shortest way first, so that one grant that is far behind does not delay all others. */
  async #readMissing(): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX && !this.#isStopped; round++) {
      const wanted = await this.#missing();
      if (wanted.length === 0) return;
      wanted.sort((a, b) => this.#scan.lengthOf(a) - this.#scan.lengthOf(b));
      for (const one of wanted) await this.#scan.run(one);
    }
  }

  async #missing(): Promise<WantedHistory[]> {
    const byEntry = new Map<string, WantedHistory>();
    const budget = new TurnBudget();
    for (const tracked of this.#tracked) {
      for (const cursor of this.#cursors.of(tracked.grant.id)) {
        const position = positionIn(tracked, cursor);
        const nowMs = this.deps.clock();
        if (!this.#countAfter(tracked, position, nowMs).missing) continue;
        // Without an acknowledgement the granted history decides where counting starts.
        if (position === null) await this.#tracked.findEarliest(tracked).catch(ignored);
        const { missing } = this.#countAfter(tracked, position, nowMs);
        if (missing) want(byEntry, tracked.group, missing);
      }
      if (budget.isUsedUp) await budget.nextTurn();
      if (this.#isStopped) return [];
    }
    return [...byEntry.values()];
  }

  async #trim(): Promise<void> {
    const budget = new TurnBudget();
    const isOver = this.#groups.retained > RETAINED_EVENTS_MAX;
    for (const group of this.#groups) {
      const cursors = this.#positionsOf(group);
      const [furthestBehind] = cursors;
      if (furthestBehind !== undefined) group.matched.dropThrough(furthestBehind);
      if (isOver) group.matched.collapse(cursors);
      if (budget.isUsedUp) await budget.nextTurn();
    }
  }

  /** Ascending. */
  #positionsOf(group: FilterGroup): Float64Array {
    const positions: number[] = [];
    for (const id of group.grants) {
      const tracked = this.#tracked.get(id);
      if (!tracked) continue;
      for (const cursor of this.#cursors.of(id))
        positions.push(Math.max(positionIn(tracked, cursor) ?? 0, tracked.earliest ?? 0));
    }
    return Float64Array.from(positions).sort();
  }
}

/** Without it the scan begins earlier than it has to. */
function ignored(): void {}

function positionIn({ log }: TrackedGrant, { record }: StoredCursorOf): number | null {
  return acknowledgedPosition(record)?.within(log) ?? null;
}

/** One range for each group: of several cursors that miss something the one furthest back decides. */
function want(byEntry: Map<string, WantedHistory>, group: FilterGroup, range: EventRange): void {
  const { entry, partition } = group;
  const wanted = byEntry.get(entry) ?? { entry, partition, ranges: new Map() };
  byEntry.set(entry, wanted);
  const known = wanted.ranges.get(group);
  if (!known || range.after < known.after) wanted.ranges.set(group, range);
}
