import { TimeSlice } from '../../../proto/async/time-slice.js';
import { splitEntryId } from '../../../proto/entry/entry.js';
import { SluiceError } from '../../../proto/errors.js';
import type { From } from '../../../proto/frames/frames.js';
import type { CursorList, MovedCursor } from '../../../proto/http/cursors.js';
import { isSameEpoch } from '../../../proto/log-position.js';
import { cursorSubject, partyOf } from '../../../proto/subject.js';
import type { PartitionReaders } from '../../event-log/partition-readers.js';
import type { StartPositions } from '../../event-log/start-position.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Caller } from '../../parties/caller.js';
import type { Acting, GrantSides, Permissions } from '../../parties/permissions.js';
import type { ReceiptRegistry } from '../../receipts/receipt-registry.js';
import type { GrantAccess, GrantLookup, OpenGrant } from '../subscriptions/grant-access.js';
import { startQuery } from '../subscriptions/start-query.js';
import type { SubscriptionTable } from '../subscriptions/subscription-table.js';
import { acknowledgedPosition, type CursorRecord, type StoredCursor } from './cursor-record.js';
import type { CursorStore } from './cursor-store.js';

export interface CursorActsDeps {
  access: Pick<GrantAccess, 'open' | 'viewSource'>;
  grants: Pick<GrantLookup, 'get'>;
  permissions: Pick<Permissions, 'mayReadGrant' | 'requireCursorOwner'>;
  ledger: Pick<Ledger, 'append'>;
  cursors: CursorStore;
  receipts: Pick<ReceiptRegistry, 'recordSkipped'>;
  starts: StartPositions;
  readers: PartitionReaders;
  table: Pick<SubscriptionTable, 'onCursor'>;
  logOf(partition: number): string;
}

/** A cursor named by its caller, who gives a reason. */
export interface CursorAct {
  caller: Caller;
  grant: string;
  cursor: string;
  reason: string;
}

/**
 * Lists, moves and removes cursors for the people who run a subscriber.
 *
 * A cursor is the subscriber's promise that everything before it was processed, so moving it is an act with a reason on the
 * ledger. The act is recorded first: a crash after it leaves a cursor that did not move, never one that moved unrecorded.
 * Positions that are jumped over become a receipt range of their own, since they were neither delivered nor acknowledged.
 * A live session of the cursor is fenced, so that its next acknowledgement cannot take the act back. See
 * docs/decisions/0085.
 */
export class CursorActs {
  constructor(private readonly deps: CursorActsDeps) {}

  async list(caller: Caller, grant: string): Promise<CursorList> {
    const { cursors, readers, table, logOf } = this.deps;
    const open = this.#readable(caller, grant);
    const { partition } = open.version;
    const stored = await cursors.list(grant);
    const [log, border] = [logOf(partition), await this.#skippedUpTo(open)];
    const list: CursorList = { log, end: readers.at(partition).head, cursors: [] };
    await new TimeSlice().each(stored, ({ name, record }) => {
      list.cursors.push({
        name,
        position: positionShown(record, log, border),
        log: record.log,
        updatedAt: record.at,
        connected: table.onCursor(cursorSubject(grant, name)) !== undefined,
      });
    });
    return list;
  }

  /** Throws BEFORE_HISTORY and POSITION_GONE for positions that the grant or the log does not have. */
  async move(act: CursorAct, to: From): Promise<MovedCursor> {
    const { access, cursors, starts, logOf } = this.deps;
    const { open, acting } = this.#owned(act);
    const log = logOf(open.version.partition);
    const stored = await cursors.find(act.grant, act.cursor);
    const position = await starts.resolve(startQuery(open, access.viewSource(open, undefined), log, to, stored));
    const from = (stored && acknowledgedPosition(stored.record)?.within(log)) ?? null;
    const skipped = from !== null && position > from ? { from: from + 1, through: position } : null;
    await this.#record(act, acting, { act: 'cursor-moved', document: { cursor: act.cursor, from, to: position, log } });
    if (from !== null && skipped) await this.#recordSkipped(act, open, { log, from, through: position });
    await cursors.move(this.#claim(act, log, stored), stored, position);
    return { from, to: position, log, skipped };
  }

  /** Throws NOT_FOUND. */
  async remove(act: CursorAct): Promise<void> {
    const { cursors, logOf } = this.deps;
    const { open, acting } = this.#owned(act);
    const stored = await cursors.find(act.grant, act.cursor);
    if (!stored || stored.record.removed) {
      throw new SluiceError('NOT_FOUND', `grant ${act.grant} has no cursor ${act.cursor}`, { grant: act.grant });
    }
    const { position, log } = stored.record;
    await this.#record(act, acting, { act: 'cursor-removed', document: { cursor: act.cursor, from: position, log } });
    await cursors.remove(this.#claim(act, logOf(open.version.partition), stored), stored);
  }

  /** Position at which every cursor of a grant that was restored without what it missed goes on; 0 for any other grant. */
  async #skippedUpTo(open: OpenGrant): Promise<number> {
    const { access, starts, logOf } = this.deps;
    const log = logOf(open.version.partition);
    const query = startQuery(open, access.viewSource(open, undefined), log, 'cursor', undefined);
    return query.isBorderSkipped ? starts.borderOf(query) : 0;
  }

  #claim({ grant, cursor }: CursorAct, log: string, stored: StoredCursor | undefined) {
    return { grant, name: cursor, log, narrowing: stored?.record.narrowing ?? '' };
  }

  async #record({ grant, reason }: CursorAct, acting: Acting, what: { act: string; document: unknown }): Promise<void> {
    await this.deps.ledger.append(() => ({ kind: 'delivery', id: grant, reason, ...acting, ...what }), acting);
  }

  #recordSkipped(
    { grant: id, cursor }: CursorAct,
    { grant, version }: OpenGrant,
    range: { log: string; from: number; through: number },
  ): Promise<void> {
    return this.deps.receipts.recordSkipped({
      grant: id,
      party: grant.party ?? partyOf(grant.entry),
      system: grant.system,
      entry: grant.entry,
      partition: version.partition,
      cursor,
      grantSeq: grant.ledgerSeq,
      ...range,
    });
  }

  /** One answer for a grant that does not exist and one that the caller may not see. */
  #readable(caller: Caller, id: string): OpenGrant & { sides: GrantSides } {
    const grant = this.deps.grants.get(id);
    const sides = grant && { system: grant.system, party: grant.party, provider: splitEntryId(grant.entry).party };
    if (!grant || !sides || !this.deps.permissions.mayReadGrant(caller, sides)) {
      throw new SluiceError('UNKNOWN_GRANT', `no grant ${id} for this caller`, { grant: id });
    }
    return { ...this.deps.access.open(grant.system, id), sides };
  }

  #owned({ caller, grant, reason }: CursorAct): { open: OpenGrant; acting: Acting } {
    const open = this.#readable(caller, grant);
    const acting = this.deps.permissions.requireCursorOwner(caller, open.sides);
    if (reason.trim() === '') throw new SluiceError('BAD_REQUEST', 'reason: is missing, the act needs one');
    return { open, acting };
  }
}

/** A cursor is not behind by what was missed in a suspension and is never delivered. Null while nothing was acknowledged. */
const positionShown = ({ log, position }: CursorRecord, present: string, border: number): number | null =>
  position === null || !isSameEpoch(log, present) ? position : Math.max(position, border);
