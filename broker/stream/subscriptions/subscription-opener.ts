import { SluiceError } from '../../../proto/errors.js';
import { cursorSubject, partyOf } from '../../../proto/subject.js';
import type { PartitionReaders } from '../../event-log/partition-readers.js';
import type { StartPositions } from '../../event-log/start-position.js';
import { positionBeyondEnd } from '../../event-log/truncation.js';
import type { Receipt } from '../../receipts/receipt.js';
import type { ReceiptRegistry } from '../../receipts/receipt-registry.js';
import type { Cursor } from '../cursors/cursor.js';
import type { CursorStore } from '../cursors/cursor-store.js';
import type { LiveViews } from '../live/live-view.js';
import type { SubscribeRequest } from '../subscriber.js';
import type { ViewSource } from '../views/view.js';
import { type GrantAccess, narrowingDigest, type OpenGrant } from './grant-access.js';
import { GrantSubscription, type SubscriptionHost } from './grant-subscription.js';
import { startQuery } from './start-query.js';
import type { SubscriptionTable } from './subscription-table.js';

export interface SubscriptionOpenerDeps {
  access: GrantAccess;
  cursors: CursorStore;
  receipts: ReceiptRegistry;
  starts: StartPositions;
  views: LiveViews;
  table: SubscriptionTable;
  readers: PartitionReaders;
  /** Id of the present life of a partition's log. Throws STORE_UNAVAILABLE while there is none. */
  logOf(partition: number): string;
  host: SubscriptionHost;
}

/** Where a subscription starts, and the life of the log in which that is a place. */
interface Start {
  log: string;
  from: number;
}

/** A claim lost to another session that came at the same moment is tried again: the newest wins. */
const CLAIM_ATTEMPTS = 4;

/** Opens subscriptions: grant, start, cursor and receipt in this order, then the view and its channel. */
export class SubscriptionOpener {
  constructor(private readonly deps: SubscriptionOpenerDeps) {}

  async open(request: SubscribeRequest): Promise<GrantSubscription> {
    const { access } = this.deps;
    const open = access.open(request.system, request.grant);
    const source = access.viewSource(open, request.narrow);
    const { cursor, ...start } = await this.#takeCursor(request, open, source);
    const receipt = await this.#openReceipt(request, open, source, start).catch((error: unknown) =>
      this.#giveUp(error, { cursor }),
    );
    try {
      this.#checkAgain(request, open, { cursor, log: start.log });
    } catch (error) {
      await this.#giveUp(error, { cursor, receipt });
    }
    const subscription = this.#place(request, open, source, { cursor, receipt, from: start.from });
    this.deps.table.add(subscription);
    this.#sendSubscribed(request, subscription, open, start.log);
    return subscription;
  }

  /** While we waited the grant may have been revoked or changed: what was compiled then must not be served now. */
  #checkAgain(
    { system, grant, cursor: name }: SubscribeRequest,
    open: OpenGrant,
    { cursor, log }: { cursor: Cursor; log: string },
  ): void {
    const now = this.deps.access.open(system, grant);
    if (now.grant.ledgerSeq !== open.grant.ledgerSeq) throw changed(grant);
    // Nor must a cursor be followed that a newer session took meanwhile: it had nobody here to end yet.
    if (cursor.fenced) throw takenOver({ grant, cursor: name });
    // And the start would be another place in another life of the log.
    if (this.deps.logOf(open.version.partition) !== log) throw positionBeyondEnd(grant);
  }

  /** Lets go of what was taken for a subscription that does not come about. */
  async #giveUp(error: unknown, taken: { cursor: Cursor; receipt?: Receipt }): Promise<never> {
    const { cursors, receipts } = this.deps;
    const closing = taken.receipt && receipts.close(taken.receipt, 'REFUSED');
    await Promise.allSettled([cursors.release(taken.cursor), closing]);
    throw error;
  }

  #place(
    request: SubscribeRequest,
    { grant: { historyFromMs, toMs: expiresAtMs, ledgerSeq: grantSeq }, version: { partition } }: OpenGrant,
    source: ViewSource,
    begun: Pick<GrantSubscription['parts'], 'cursor' | 'receipt' | 'from'>,
  ): GrantSubscription {
    const { grant, system, session, encoding, credit, sink, onEnded } = request;
    const { views, table, readers, host } = this.deps;
    const liveView = views.acquire(source, partition);
    const ordinal = table.freeOrdinal(session, liveView, encoding);
    const channel = liveView.channel(encoding, ordinal, readers.at(partition).head);
    const asked = {
      grant,
      system,
      session,
      encoding,
      credit,
      sink,
      onEnded: (code: Parameters<typeof onEnded>[0]) => request.onEnded(code),
    };
    return new GrantSubscription(
      { ...asked, ...begun, liveView, ordinal, channel, partition, historyFromMs, expiresAtMs, grantSeq },
      host,
    );
  }

  /** Finds the start, ends the session that followed this cursor here, and claims the cursor. */
  async #takeCursor(
    request: SubscribeRequest,
    open: OpenGrant,
    source: ViewSource,
  ): Promise<{ cursor: Cursor } & Start> {
    const { cursors, starts, table, logOf } = this.deps;
    const { grant, cursor: name } = request;
    const narrowing = narrowingDigest(source.narrow);
    const log = logOf(open.version.partition);
    for (let attempt = 1; ; attempt++) {
      // Looked up before the older session is ended: a request that can't be served must not end one that is.
      const stored = await cursors.load(grant, name, narrowing);
      const from = await starts.resolve(startQuery(open, log, request.from, stored));
      const older = table.onCursor(cursorSubject(grant, name));
      if (older) {
        older.end('SUPERSEDED', 'a newer session follows this grant and cursor');
        await older.released;
      } else {
        // Its client may be served elsewhere by now, and would be told that it was superseded.
        if (!request.sink.isOpen()) throw closed(grant);
        const cursor = await cursors.claim({ grant, name, log, narrowing }, stored).catch(unlessLost(attempt));
        if (cursor) return { cursor, log, from };
      }
    }
  }

  #openReceipt(
    request: SubscribeRequest,
    open: OpenGrant,
    source: ViewSource,
    { log, from }: Start,
  ): ReturnType<ReceiptRegistry['open']> {
    const { grant, version } = open;
    const { session, cursor, encoding, system } = request;
    return this.deps.receipts.open({
      grant: grant.id,
      party: grant.party ?? partyOf(grant.entry),
      system,
      entry: grant.entry,
      partition: version.partition,
      log,
      session,
      cursor,
      encoding,
      grantSeq: grant.ledgerSeq,
      narrow: source.narrow,
      from,
    });
  }

  #sendSubscribed(
    request: SubscribeRequest,
    subscription: GrantSubscription,
    { grant, version }: OpenGrant,
    log: string,
  ): void {
    request.sink.sendFrame({
      kind: 'subscribed',
      ref: request.ref,
      channel: subscription.channel,
      grant: grant.id,
      entry: grant.entry,
      version: version.version,
      items: subscription.view.items,
      log,
      position: subscription.position,
    });
  }
}

/** Undefined, to try again, when another session was faster and there are attempts left. */
function unlessLost(attempt: number): (error: unknown) => undefined {
  return (error) => {
    const isLost = error instanceof SluiceError && error.code === 'SUPERSEDED';
    if (!isLost || attempt >= CLAIM_ATTEMPTS) throw error;
    return undefined;
  };
}

function takenOver({ grant, cursor }: Pick<SubscribeRequest, 'grant' | 'cursor'>): SluiceError {
  return new SluiceError('SUPERSEDED', `a newer session follows cursor ${cursor} of grant ${grant}`, { grant });
}

function closed(grant: string): SluiceError {
  return new SluiceError('SUPERSEDED', 'the session was closed meanwhile', { grant });
}

function changed(grant: string): SluiceError {
  return new SluiceError('GRANT_CHANGED', `grant ${grant} has just changed, subscribe again`, { grant });
}
