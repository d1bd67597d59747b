import type { StartPositions } from '../../event-log/start-position.js';
import { type Grant, statusAt } from '../../grants/grant.js';
import type { Grants } from '../../grants/grants.js';
import type { GrantAccess, GrantSource } from '../../stream/subscriptions/grant-access.js';
import { startQuery } from '../../stream/subscriptions/start-query.js';
import type { EntryLookup } from '../../stream/views/entry-fields.js';
import type { EntryRetention } from '../../stream/views/entry-retention.js';
import type { FilterGroup } from './filter-group.js';
import type { FilterGroups } from './filter-groups.js';
import type { TurnBudget } from './turn-budget.js';

export interface TrackedGrantsDeps {
  grants: Pick<Grants, 'get' | 'byEntry' | 'onChange'>;
  entries: EntryLookup;
  access: Pick<GrantAccess, 'viewSource'>;
  starts: Pick<StartPositions, 'resolve'>;
  retention: Pick<EntryRetention, 'expiredBeforeMs'>;
  groups: FilterGroups;
  /** Throws while the epoch of the log is being resolved. */
  logOf(partition: number): string;
  hasCursors(grant: string): boolean;
  clock(): number;
}

/** A grant with cursors that has not ended, and the group that counts its events. */
export interface TrackedGrant {
  grant: Grant;
  group: FilterGroup;
  history: GrantSource['history'];
  log: string;
  /** Nothing up to this position counts, whatever a cursor says: it is before the granted history. Undefined until it was looked up. */
  earliest: number | undefined;
}

/**
 * Keeps for every grant that somebody has a cursor on the group that counts for it. Changes of grants, entries and cursors only
 * note the grant; `align` does the work in a turn of its own. A suspended grant keeps its count, so that it is right at once
 * when the grant is restored.
 */
export class TrackedGrants {
  readonly #byId = new Map<string, TrackedGrant>();
  readonly #dirty = new Set<string>();
  readonly #stops: (() => void)[] = [];

  constructor(private readonly deps: TrackedGrantsDeps) {}

  start(): void {
    const { grants, entries } = this.deps;
    this.#stops.push(
      grants.onChange(({ id }) => this.#dirty.add(id)),
      entries.onChange((entry) => {
        for (const { id } of grants.byEntry(entry)) this.#dirty.add(id);
      }),
    );
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  get(grant: string): TrackedGrant | undefined {
    return this.#byId.get(grant);
  }

  /** A cursor of the grant has changed. */
  onCursor(grant: string): void {
    if (this.#byId.has(grant) !== this.deps.hasCursors(grant)) this.#dirty.add(grant);
  }

  /** Forgets what was counted in a log that is another one now. */
  forget(partition: number): void {
    for (const [id, { group }] of this.#byId) {
      if (group.partition !== partition) continue;
      this.#untrack(id);
      this.#dirty.add(id);
    }
  }

  /** Resolves with whether there was anything to do. */
  async align(budget: TurnBudget): Promise<boolean> {
    const isNeeded = this.#dirty.size > 0;
    for (const id of [...this.#dirty]) {
      if (this.#alignOne(id)) this.#dirty.delete(id);
      if (budget.isUsedUp) await budget.nextTurn();
    }
    return isNeeded;
  }

  /** Finds where the history of a grant begins, so that no scan starts before it. */
  async findEarliest(tracked: TrackedGrant): Promise<void> {
    const { grant, history, log } = tracked;
    if (tracked.earliest !== undefined) return;
    const version = history.fromMs > 0 && this.deps.entries.published(grant.entry);
    if (!version) {
      tracked.earliest = 0;
      return;
    }
    const query = startQuery({ grant, version }, { history }, log, 'earliest', undefined);
    tracked.earliest = await this.deps.starts.resolve(query);
  }

  *[Symbol.iterator](): Iterator<TrackedGrant> {
    yield* this.#byId.values();
  }

  /** False when it has to be done again later. */
  #alignOne(id: string): boolean {
    const { grants, entries, access, groups, logOf, hasCursors, clock } = this.deps;
    const grant = grants.get(id);
    const version = grant && entries.published(grant.entry);
    if (!grant || !version || !hasCursors(id) || ENDED.includes(statusAt(grant, clock()))) {
      this.#untrack(id);
      return true;
    }
    const { partition } = version;
    const log = orUndefined(() => logOf(partition));
    if (log === undefined) return false;
    const source = orUndefined(() => access.viewSource({ grant, version }, undefined));
    // A grant that cannot be applied delivers nothing, and must not keep the others from being counted.
    if (!source) {
      this.#untrack(id);
      return true;
    }
    const { rows, history } = source;
    const previous = this.#byId.get(id);
    const group = groups.join({ grant: id, entry: grant.entry, partition, rows });
    if (previous && previous.group !== group) groups.leave(id, previous.group);
    const isSame = previous && previous.log === log && previous.history.fromMs === history.fromMs;
    this.#byId.set(id, {
      grant,
      group,
      history,
      log,
      earliest: isSame ? previous.earliest : undefined,
    });
    return true;
  }

  #untrack(id: string): void {
    const tracked = this.#byId.get(id);
    if (!tracked) return;
    this.#byId.delete(id);
    this.deps.groups.leave(id, tracked.group);
  }
}

const ENDED: readonly string[] = ['terminated', 'expired'];

function orUndefined<T>(fn: () => T): T | undefined {
  try {
    return fn();
  } catch {
    return undefined;
  }
}
