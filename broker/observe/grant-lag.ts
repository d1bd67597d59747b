import { splitEntryId } from '../../proto/entry/entry.js';
import { SluiceError } from '../../proto/errors.js';
import type { CursorLag, LagReport } from '../../proto/http/lag.js';
import { cursorSubject } from '../../proto/subject.js';
import type { PartitionReaders } from '../event-log/partition-readers.js';
import { type Grant, statusAt } from '../grants/grant.js';
import type { Grants } from '../grants/grants.js';
import type { Caller } from '../parties/caller.js';
import type { Permissions } from '../parties/permissions.js';
import { acknowledgedPosition } from '../stream/cursors/cursor-record.js';
import type { CursorStore } from '../stream/cursors/cursor-store.js';
import type { PageEvents } from '../stream/pages/page-events.js';
import type { GrantAccess } from '../stream/subscriptions/grant-access.js';
import type { SubscriptionTable } from '../stream/subscriptions/subscription-table.js';
import { View, viewKey } from '../stream/views/view.js';

export interface GrantLagDeps {
  grants: Pick<Grants, 'get' | 'list'>;
  permissions: Pick<Permissions, 'mayReadGrant'>;
  access: Pick<GrantAccess, 'open' | 'viewSource'>;
  cursors: Pick<CursorStore, 'list'>;
  readers: PartitionReaders;
  pageEvents: PageEvents;
  table: Pick<SubscriptionTable, 'onCursor'>;
  logOf(partition: number): string;
  clock(): number;
}

/** Events counted per cursor: of one grant, and where many grants are asked for at once. */
const COUNTED_EVENTS_MAX = { one: 10_000, many: 1_000 };
/** Grants per answer. Each costs a read of its cursors and of the log behind them. */
export const LAG_GRANTS_MAX = 100;

/**
 * Counts, for each cursor, the granted events after it. The filter of the grant decides which count, so that a grant whose rows
 * rarely change is not reported as behind because others' rows do. Counting is bounded per cursor and says so.
 */
export class GrantLag {
  constructor(private readonly deps: GrantLagDeps) {}

  /** One grant. Throws UNKNOWN_GRANT, also for one that the caller may not see. */
  async ofGrant(caller: Caller, id: string): Promise<LagReport> {
    const grant = this.deps.grants.get(id);
    if (!grant || !this.#isReadable(caller, grant)) {
      throw new SluiceError('UNKNOWN_GRANT', 'there is no such grant', { grant: id });
    }
    return { cursors: await this.#ofGrant(grant, COUNTED_EVENTS_MAX.one) };
  }

  /** The grants in force that the caller may see, in the order of their ids after `after`. */
  async ofAll(caller: Caller, after: string): Promise<LagReport> {
    const nowMs = this.deps.clock();
    const readable = this.deps.grants
      .list()
      .filter((grant) => grant.id > after && statusAt(grant, nowMs) === 'in_force' && this.#isReadable(caller, grant))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const page = readable.slice(0, LAG_GRANTS_MAX);
    const cursors: CursorLag[] = [];
    for (const grant of page) cursors.push(...(await this.#ofGrant(grant, COUNTED_EVENTS_MAX.many).catch(noneOfEnded)));
    return { cursors, ...(readable.length > page.length && { next: page.at(-1)?.id }) };
  }

  #isReadable(caller: Caller, { system, party, entry }: Grant): boolean {
    return this.deps.permissions.mayReadGrant(caller, { system, party, provider: splitEntryId(entry).party });
  }

  async #ofGrant(grant: Grant, limit: number): Promise<CursorLag[]> {
    const { access, cursors, readers, pageEvents, table, logOf } = this.deps;
    const open = access.open(grant.system, grant.id);
    const source = access.viewSource(open, undefined);
    const view = new View(viewKey(source), grant.entry, source);
    const { partition } = open.version;
    const log = logOf(partition);
    const lags: CursorLag[] = [];
    for (const { name, record } of await cursors.list(grant.id)) {
      const position = acknowledgedPosition(record)?.within(log) ?? null;
      const { events, through } = await pageEvents.read(view, source, partition, { after: position ?? 0, limit });
      const end = readers.at(partition).head;
      lags.push({
        ...{ grant: grant.id, party: grant.party, system: grant.system, entry: grant.entry, cursor: name },
        connected: table.onCursor(cursorSubject(grant.id, name)) !== undefined,
        ...{ position, end },
        unacknowledged: events.length,
        more: through < end,
        oldestAt: events[0] ? new Date(events[0].timeMs).toISOString() : null,
        lastAckAt: record.position === null ? null : record.at,
      });
    }
    return lags;
  }
}

/** A grant that ended, or whose entry was withdrawn, since the list was made has no lag. */
function noneOfEnded(error: unknown): CursorLag[] {
  const ended = ['GRANT_NOT_IN_FORCE', 'ENTRY_WITHDRAWN', 'UNKNOWN_GRANT'];
  if (error instanceof SluiceError && ended.includes(error.code)) return [];
  throw error;
}
