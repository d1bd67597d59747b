import { splitEntryId } from '../../proto/entry/entry.js';
import { SluiceError } from '../../proto/errors.js';
import type { CursorLag, LagReport } from '../../proto/http/lag.js';
import type { Catalog } from '../catalog/catalog.js';
import { type Grant, statusAt } from '../grants/grant.js';
import type { Grants } from '../grants/grants.js';
import { type Caller, isListedFor } from '../parties/caller.js';
import type { Permissions } from '../parties/permissions.js';
import type { CursorUse } from '../stream/subscriptions/cursor-traffic.js';
import type { GrantAccess } from '../stream/subscriptions/grant-access.js';
import type { CursorUses } from './cursor-uses.js';
import type { CountedCursor, LagCounter } from './lag/lag-counter.js';
import { lastAckOf } from './lag/stored-cursors.js';
import { TurnBudget } from './lag/turn-budget.js';

export interface GrantLagDeps {
  grants: Pick<Grants, 'get' | 'list' | 'stops'>;
  permissions: Pick<Permissions, 'mayReadGrant' | 'overseesGrants'>;
  access: Pick<GrantAccess, 'open'>;
  entries: Pick<Catalog, 'isPublished'>;
  counter: Pick<LagCounter, 'refreshWithin' | 'settled' | 'of'>;
  uses: CursorUses;
  clock(): number;
}

/** Grants per answer of `/v1/lag`. */
const LAG_GRANTS_MAX = 1_000;
/** Far longer than the store takes, and short beside the ten seconds of a scrape. */
const STORE_MS_MAX = 2_000;
/** A cursor that was made, or moved back, a moment ago may need a look into the log. */
const SETTLE_MS_MAX = 2_000;

/** A cursor of a grant in force: how far it is behind, and how it is used. */
export type ReportedCursor = CountedCursor &
  CursorUse & {
    /** False while the store cannot be read: then only its use is known. */
    isKnown: boolean;
  };

/** Takes a grant in force with its cursors, and the time for which they were counted. */
export type ReportGrant = (grant: Grant, cursors: readonly ReportedCursor[], nowMs: number) => void;

/** How far each cursor of each grant is behind: the one source of `/v1/lag`, `/metrics/grants` and what is made of them. */
export class GrantLag {
  constructor(private readonly deps: GrantLagDeps) {}

  /** One grant. Throws UNKNOWN_GRANT, also for one that the caller may not see, and GRANT_NOT_IN_FORCE. */
  async ofGrant(caller: Caller, id: string): Promise<LagReport> {
    const grant = this.deps.grants.get(id);
    if (!grant || !this.#isReadable(caller, grant)) {
      throw new SluiceError('UNKNOWN_GRANT', `no grant ${id} for this caller`, { grant: id });
    }
    this.deps.access.open(grant.system, id);
    return this.#lagsOf([grant]);
  }

  /** The grants in force that the caller may see, in the order of their ids after `after`. */
  async ofAll(caller: Caller, after: string): Promise<LagReport> {
    const nowMs = this.deps.clock();
    const readable = this.deps.grants
      .list()
      .filter((grant) => grant.id > after && this.#isDelivering(grant, nowMs))
      .filter((grant) => isListedFor(caller, grant.party) && this.#isReadable(caller, grant))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const page = readable.slice(0, LAG_GRANTS_MAX);
    const report = await this.#lagsOf(page);
    return { ...report, ...(readable.length > page.length && { next: page.at(-1)?.id }) };
  }

  /**
   * Reports all grants in force that the caller may see; with `party` those that it holds or provides. A party asks for its own: for
   * another one it gets what a party without grants gets, nothing. While the store cannot be read, the cursors come with what this
   * process knows by itself, and are marked.
   */
  async ofParty(caller: Caller, party: string | undefined, report: ReportGrant): Promise<void> {
    const oversees = this.deps.permissions.overseesGrants(caller);
    if (party !== undefined && party !== caller.party && !oversees) return;
    // Asked once for all: there may be thousands of grants, and a scrape every 15 s.
    const nowMs = this.deps.clock();
    const isWanted = (grant: Grant): boolean =>
      this.#isDelivering(grant, nowMs) &&
      isListedFor(caller, grant.party) &&
      (party === undefined || grant.party === party || splitEntryId(grant.entry).party === party) &&
      (oversees || this.#isReadable(caller, grant));
    const isKnown = await this.deps.counter.refreshWithin(STORE_MS_MAX).then(
      () => true,
      () => false,
    );
    await this.#report(this.deps.grants.list(), report, isWanted, isKnown);
  }

  /** Whether `ofParty` reports all grants in force. */
  isWhole(caller: Caller, party: string | undefined): boolean {
    return party === undefined && this.deps.permissions.overseesGrants(caller);
  }

  /** In the order of the grants. */
  async #lagsOf(grants: readonly Grant[]): Promise<LagReport> {
    const ageMs = await this.deps.counter.refreshWithin(STORE_MS_MAX);
    const lags = new Map<Grant, CursorLag[]>();
    await this.#report(grants, (grant, cursors) => lags.set(grant, lagsOf(grant, cursors)));
    const cursors = grants.flatMap((grant) => lags.get(grant) ?? []);
    return { cursors, ...(ageMs > 0 && { asOf: new Date(this.deps.clock() - ageMs).toISOString() }) };
  }

  /** Grants whose count is not exact are reported last: they may be by then. */
  async #report(
    grants: readonly Grant[],
    report: ReportGrant,
    isWanted: (grant: Grant) => boolean = () => true,
    isKnown = true,
  ): Promise<void> {
    const { counter, uses, clock } = this.deps;
    const useOf = await uses.collect();
    const nowMs = clock();
    const cursorsOf = ({ id }: Grant): ReportedCursor[] =>
      counter.of(id, nowMs).map((one) => withUse(one, useOf(one.cursor.subject), isKnown));
    const inexact: Grant[] = [];
    await inTurns(grants, (grant) => {
      if (!isWanted(grant)) return;
      const cursors = cursorsOf(grant);
      if (!isKnown || cursors.every(({ isExact }) => isExact)) report(grant, cursors, nowMs);
      else inexact.push(grant);
    });
    if (inexact.length === 0) return;
    await settledWithin(counter.settled(), SETTLE_MS_MAX);
    await inTurns(inexact, (grant) => report(grant, cursorsOf(grant), nowMs));
  }

  #isDelivering(grant: Grant, nowMs: number): boolean {
    const { entries, grants } = this.deps;
    const isInForce = statusAt(grant, nowMs) === 'in_force' && grants.stops.of(grant) === undefined;
    return isInForce && entries.isPublished(grant.entry);
  }

  #isReadable(caller: Caller, { system, party, entry }: Grant): boolean {
    return this.deps.permissions.mayReadGrant(caller, { system, party, provider: splitEntryId(entry).party });
  }
}

/** One object with one shape for each cursor: copying the properties of one into the other costs more than counting. */
function withUse(
  { cursor, position, end, unacknowledged, oldestMs, isExact }: CountedCursor,
  { delivered, connected, credit }: CursorUse,
  isKnown: boolean,
): ReportedCursor {
  return { cursor, position, end, unacknowledged, oldestMs, isExact, delivered, connected, credit, isKnown };
}

function lagsOf(grant: Grant, cursors: readonly ReportedCursor[]): CursorLag[] {
  return cursors.map(({ cursor, connected, position, end, unacknowledged, isExact, oldestMs }) => ({
    grant: grant.id,
    party: grant.party,
    system: grant.system,
    entry: grant.entry,
    cursor: cursor.name,
    connected,
    position,
    end,
    unacknowledged,
    more: !isExact,
    oldestAt: oldestMs === undefined ? null : new Date(oldestMs).toISOString(),
    lastAckAt: lastAckOf(cursor.record) ?? null,
  }));
}

/** A store that cannot be read leaves the count as it is, and marked as not exact. */
async function settledWithin(settled: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([settled.catch(() => undefined), timeout]);
  clearTimeout(timer);
}

/** A look at the clock costs a tenth of what a grant does. */
const GRANTS_PER_LOOK = 16;

async function inTurns<T>(list: readonly T[], work: (one: T) => void): Promise<void> {
  const budget = await TurnBudget.inNewTurn();
  for (const [index, one] of list.entries()) {
    work(one);
    if (index % GRANTS_PER_LOOK === 0 && budget.isUsedUp) await budget.nextTurn();
  }
}
