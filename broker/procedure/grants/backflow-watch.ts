import { splitEntryId } from '../../../proto/entry/entry.js';
import { type Grant, statusAt } from '../../grants/grant.js';
import type { Grants } from '../../grants/grants.js';
import type { GrantAccess } from '../../stream/subscriptions/grant-access.js';
import type { EntryLookup } from '../../stream/views/entry-fields.js';
import { View, viewKey } from '../../stream/views/view.js';
import { dateAt, dayOfDate, hourOfDay } from '../clock/shanghai-days.js';
import type { Procedure } from '../engine/procedure.js';
import type { NewestFirst } from '../preview/newest-first.js';

export interface BackflowWatchDeps {
  procedure: Pick<Procedure, 'byBus'>;
  access: Pick<GrantAccess, 'viewSource'>;
  newest: Pick<NewestFirst, 'visit'>;
  entries: EntryLookup;
  grants: Pick<Grants, 'list' | 'onChange'>;
  /** Time of the bus, in milliseconds since 1970. */
  clock(): number;
}

/** Calendar day without an event at whose beginning a backflow is missing. */
const MISSING_DAYS = 31;
/** Bounds of one search for the last event of a receiver: a log that is read further back than this is left alone. */
const EVENTS_MAX = 2_000_000;
const MS_MAX = 20_000;
/** Grants of one look: what falls due in between is acted on. */
const GRANTS_PER_LOOK = 5;
const VIOLATIONS_MAX = 1_000;

/** From when on a receiver got nothing, and the first event that the source had since; in milliseconds since 1970. */
interface Silence {
  sinceMs: number;
  sourceMs: number | undefined;
}

interface Stretch {
  lastMs: number | undefined;
  sourceMs: number | undefined;
  isBeforeGrant: boolean;
}

const newStretch = (): Stretch => ({ lastMs: undefined, sourceMs: undefined, isBeforeGrant: false });

/** Finds the last event for a receiver, and the first one for others after it, in stretches that come newest first. */
class SilenceSearch {
  #lastMs: number | undefined;
  #sourceMs: number | undefined;
  #stretch = newStretch();

  constructor(private readonly fromMs: number) {}

  get silence(): Silence {
    return { sinceMs: Math.max(this.#lastMs ?? 0, this.fromMs), sourceMs: this.#sourceMs };
  }

  add(acceptedAtMs: number, isForReceiver: boolean): void {
    if (acceptedAtMs < this.fromMs) this.#stretch.isBeforeGrant = true;
    else if (isForReceiver) Object.assign(this.#stretch, { lastMs: acceptedAtMs, sourceMs: undefined });
    else this.#stretch.sourceMs ??= acceptedAtMs;
  }

  /** True when nothing older matters. */
  endStretch(): boolean {
    const { lastMs, sourceMs, isBeforeGrant } = this.#stretch;
    this.#lastMs = lastMs;
    this.#sourceMs = sourceMs ?? this.#sourceMs;
    this.#stretch = newStretch();
    return lastMs !== undefined || isBeforeGrant;
  }
}

/** 00:00 in Shanghai of so many days after the day of a moment. */
const midnight = (ms: number, days: number): number => hourOfDay(dayOfDate(dateAt(ms)) + days, 0);

/**
 * Records that a backflow is missing (P5): at 00:00 of the 31st calendar day without an event for the receiver, while the source
 * has some. Every broker looks; the day since which nothing came identifies a violation, so each silence is one.
 * docs/decisions/0168
 */
export class BackflowWatch {
  /** Backflow grants → when they are looked at. */
  readonly #nextMs = new Map<string, { grant: Grant; atMs: number }>();
  readonly stop: () => void;

  constructor(private readonly deps: BackflowWatchDeps) {
    for (const grant of deps.grants.list()) this.#note(grant);
    this.stop = deps.grants.onChange((grant) => this.#note(grant));
  }

  /** Looks at what is due; resolves with false while there is more. */
  async look(): Promise<boolean> {
    const nowMs = this.deps.clock();
    const due = [...this.#nextMs.values()].filter(({ atMs }) => atMs <= nowMs);
    for (const { grant } of due.slice(0, GRANTS_PER_LOOK)) {
      this.#nextMs.set(grant.id, { grant, atMs: await this.#check(grant, nowMs) });
    }
    return due.length <= GRANTS_PER_LOOK;
  }

  #note(grant: Grant): void {
    if (grant.kind !== 'backflow') return;
    if (grant.status === 'terminated') this.#nextMs.delete(grant.id);
    else
      this.#nextMs.set(grant.id, {
        grant,
        atMs: this.#nextMs.get(grant.id)?.atMs ?? midnight(grant.fromMs, MISSING_DAYS),
      });
  }

  /** Resolves with the moment at which the grant is to be looked at again. */
  async #check(grant: Grant, nowMs: number): Promise<number> {
    const silence = statusAt(grant, nowMs) === 'in_force' ? await this.#silence(grant) : undefined;
    if (!silence) return midnight(nowMs, 1);
    const { sinceMs, sourceMs } = silence;
    const dueMs = midnight(sinceMs, MISSING_DAYS);
    if (dueMs > nowMs) return dueMs;
    if (sourceMs === undefined) return midnight(nowMs, 1);
    const missingMs = Math.max(dueMs, midnight(sourceMs, 1));
    if (missingMs > nowMs) return missingMs;
    await this.#record(grant, dateAt(sinceMs), missingMs);
    return midnight(nowMs, MISSING_DAYS);
  }

  /** Undefined where it cannot be found out. */
  async #silence(grant: Grant): Promise<Silence | undefined> {
    const { access, newest, entries } = this.deps;
    const version = entries.published(grant.entry);
    if (!version) return undefined;
    const source = access.viewSource({ grant, version }, undefined);
    const view = new View(viewKey(source), grant.entry, source);
    const search = new SilenceSearch(grant.fromMs);
    const isKnown = await newest.visit(
      { view, source, partition: version.partition },
      {
        eventsMax: EVENTS_MAX,
        msMax: MS_MAX,
        onEvent: ({ event: { acceptedAtMs } }, delivered) => search.add(acceptedAtMs, delivered !== undefined),
        onStretch: () => search.endStretch(),
      },
    );
    return isKnown ? search.silence : undefined;
  }

  async #record({ id, entry, party }: Grant, since: string, atMs: number): Promise<void> {
    const about = { kind: 'grants', id } as const;
    const facts = `no event for ${party} since ${since}, while ${entry} has some`;
    await this.deps.procedure.byBus(async (runner) => {
      const known = await runner.batch.list({ kind: 'violations', about: `grants/${id}`, limit: VIOLATIONS_MAX });
      if (known.some(({ document }) => document.code === 'P5' && document.facts === facts)) return;
      await runner.violation({ code: 'P5', party: splitEntryId(entry).party, about, facts });
    }, atMs);
  }
}
