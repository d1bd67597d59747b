import { SluiceError } from '../../../proto/errors.js';
import type { ServerFrame } from '../../../proto/frames/frames.js';
import { cursorSubject, partyOf } from '../../../proto/subject.js';
import type { PartitionReaders } from '../../event-log/partition-readers.js';
import { type StartPositions, timeOf } from '../../event-log/start-position.js';
import { requireEpoch } from '../../event-log/truncation.js';
import type { Receipt } from '../../receipts/receipt.js';
import type { ReceiptRegistry } from '../../receipts/receipt-registry.js';
import type { Cursor } from '../cursors/cursor.js';
import type { CursorStore } from '../cursors/cursor-store.js';
import type { LiveViews } from '../live/live-view.js';
import type { SubscribeRequest } from '../subscriber.js';
import {
  entryChanged,
  type GrantAccess,
  type GrantSource,
  type KeyedGrantSource,
  narrowingDigest,
  type OpenGrant,
} from './grant-access.js';
import { GrantSubscription, type SubscriptionServices } from './grant-subscription.js';
import { NarrowingBudget } from './narrowing-budget.js';
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
  /** Returns the present epoch of a partition's log. Throws STORE_UNAVAILABLE while it is being resolved. */
  logOf(partition: number): string;
  /** Services that the opened subscriptions use afterwards. */
  services: Omit<SubscriptionServices, 'release'>;
}

/** The start position of a subscription, and the log epoch in which it is valid. */
interface StartPoint {
  log: string;
  from: number;
}

/** A cursor that is claimed and a receipt that is open: a failed opening releases both. */
interface Taken {
  cursor: Cursor;
  receipt: Receipt;
}

/** Its first events, or `caught_up`, mostly follow sooner; in a reconnect storm they do not, and the client waits to go on. */
const SUBSCRIBED_HELD_MS = 5;
/** A claim that lost to a simultaneous one of another session is repeated: the newest session wins. */
const CLAIM_ATTEMPTS = 4;

/**
 * Opens subscriptions: checks the grant, finds the start, claims the cursor and opens the receipt, then joins the view and its
 * channel. Claim and receipt are two streams of the store, each with a sync of its own, so they are written at the same time
 * (docs/decisions/0315).
 *
 * While the store is waited for, the grant may be revoked, the cursor claimed by a newer session or the log
 * truncated. So all three are checked once more after the last wait; from there to the `subscribed` frame nothing is
 * awaited. A failed opening releases what it has taken.
 */
export class SubscriptionOpener {
  readonly #services: SubscriptionServices;
  readonly #budget = new NarrowingBudget();

  constructor(private readonly deps: SubscriptionOpenerDeps) {
    this.#services = { ...deps.services, release: (subscription, reason) => this.#release(subscription, reason) };
  }

  async open(request: SubscribeRequest): Promise<GrantSubscription> {
    const { access } = this.deps;
    const open = access.open(request.system, request.grant);
    const source = access.viewSource(open, request.narrow);
    const releaseNarrowing = this.#budget.take(request, source.narrow);
    try {
      return await this.#openWithin(request, open, source, releaseNarrowing);
    } catch (error) {
      releaseNarrowing();
      throw error;
    }
  }

  async #openWithin(
    request: SubscribeRequest,
    open: OpenGrant,
    source: KeyedGrantSource,
    releaseNarrowing: () => void,
  ): Promise<GrantSubscription> {
    const { log, ...taken } = await this.#take(request, open, source);
    try {
      this.#checkAgain(request, open, { cursor: taken.cursor, log });
    } catch (error) {
      await this.#giveUp(taken);
      throw error;
    }
    const subscription = this.#install(request, open, source, { ...taken, releaseNarrowing });
    this.deps.table.add(subscription);
    this.#sendSubscribed(request, subscription, open, log);
    return subscription;
  }

  /** Throws when the grant, the cursor or the log has changed since the opening began. */
  #checkAgain(
    { system, grant, cursor: name }: SubscribeRequest,
    open: OpenGrant,
    { cursor, log }: { cursor: Cursor; log: string },
  ): void {
    const now = this.deps.access.open(system, grant);
    if (now.grant.ledgerSeq !== open.grant.ledgerSeq) throw changed(grant);
    if (now.version.version !== open.version.version) throw entryChanged(open.grant.entry, grant);
    // The newer session could not end this subscription, which is not in the table yet.
    if (cursor.fenced) throw takenOver({ grant, cursor: name });
    // The start position names another event in another epoch.
    requireEpoch(grant, log, this.deps.logOf(open.version.partition));
  }

  /** Releases what a failed opening has taken. */
  async #giveUp({ cursor, receipt }: { [Key in keyof Taken]: Taken[Key] | undefined }): Promise<void> {
    const { cursors, receipts } = this.deps;
    await Promise.allSettled([cursor && cursors.release(cursor), receipt && receipts.close(receipt, 'REFUSED')]);
  }

  #install(
    request: SubscribeRequest,
    { grant: { toMs: expiresAtMs, ledgerSeq: grantSeq }, version: { partition } }: OpenGrant,
    source: KeyedGrantSource,
    taken: Pick<GrantSubscription['parts'], 'cursor' | 'receipt' | 'from' | 'releaseNarrowing'>,
  ): GrantSubscription {
    const { grant, system, session, encoding, credit, sink } = request;
    const { views, table, readers } = this.deps;
    const liveView = views.acquire(source, partition);
    const used = table.ordinalsOf(session, liveView, encoding);
    const { channel, ordinal } = liveView.freeChannel(encoding, readers.at(partition).head, (candidate, number) => {
      return used.has(candidate) || request.isRetired(number);
    });
    const { cursor, receipt, from, releaseNarrowing } = taken;
    // A literal that begins with a spread would have a hidden class of its own, and each frame would look its fields up slowly.
    return new GrantSubscription(
      {
        grant,
        system,
        session,
        encoding,
        credit,
        sink,
        onEnded: request.onEnded,
        cursor,
        receipt,
        from,
        releaseNarrowing,
        liveView,
        narrow: source.narrow,
        ordinal,
        channel,
        partition,
        // A time to come is waited for: what is accepted until then is not delivered.
        historyFromMs: Math.max(source.history.fromMs, timeOf(request.from)),
        expiresAtMs,
        grantSeq,
      },
      this.#services,
    );
  }

  async #release(subscription: GrantSubscription, reason: string): Promise<void> {
    const { table, views, cursors, receipts } = this.deps;
    const { liveView, cursor, receipt, releaseNarrowing } = subscription.parts;
    releaseNarrowing();
    table.delete(subscription);
    views.release(liveView);
    await Promise.all([cursors.release(cursor), receipts.close(receipt, reason)]);
  }

  /** Finds the start, ends the subscription that holds this cursor on this broker, and takes the cursor and a receipt. */
  async #take(request: SubscribeRequest, open: OpenGrant, source: GrantSource): Promise<Taken & StartPoint> {
    const { cursors, starts, table, logOf, readers } = this.deps;
    const { grant, cursor: name } = request;
    const narrowing = narrowingDigest(source.narrow);
    const log = logOf(open.version.partition);
    for (let attempt = 1; ; attempt++) {
      // The start is found before the older subscription is ended: a request that fails must not end one that is served.
      const recalled = cursors.recall(grant, name, narrowing);
      const stored = recalled ? recalled.stored : await cursors.load(grant, name, narrowing);
      const knownEnd = readers.at(open.version.partition).head;
      const found = starts.resolve({ knownEnd, ...startQuery(open, source, log, request.from, stored) });
      // Another broker may have moved a cursor that was recalled: the store decides whether the request fails.
      const from = await (recalled ? found.catch(() => undefined) : found);
      if (from === undefined) continue;
      const older = table.onCursor(cursorSubject(grant, name));
      if (older) {
        older.end('SUPERSEDED', 'a newer session follows this grant and cursor');
        await older.released;
      } else {
        // The client of a closed session may be served by another broker by now, which this claim would supersede.
        if (!request.sink.isOpen()) throw closed(grant);
        const claiming = cursors.claim({ grant, name, log, narrowing }, stored).catch(retryIfSuperseded(attempt));
        const taken = await this.#both(claiming, this.#openReceipt(request, open, source, { log, from }));
        if (taken) return { ...taken, log, from };
      }
    }
  }

  /** Undefined, with the receipt closed again, when the claim has to be repeated. Nothing is left taken after an error. */
  async #both(claiming: Promise<Cursor | undefined>, opening: Promise<Receipt>): Promise<Taken | undefined> {
    const [claimed, opened] = await Promise.allSettled([claiming, opening]);
    const cursor = claimed.status === 'fulfilled' ? claimed.value : undefined;
    const receipt = opened.status === 'fulfilled' ? opened.value : undefined;
    if (cursor && receipt) return { cursor, receipt };
    await this.#giveUp({ cursor, receipt });
    if (claimed.status === 'rejected') throw claimed.reason;
    if (opened.status === 'rejected') throw opened.reason;
    return undefined;
  }

  #openReceipt(
    request: SubscribeRequest,
    open: OpenGrant,
    source: GrantSource,
    { log, from }: StartPoint,
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
    const frame: ServerFrame = {
      kind: 'subscribed',
      ref: request.ref,
      channel: subscription.channel,
      grant: grant.id,
      entry: grant.entry,
      version: version.version,
      items: subscription.view.items,
      log,
      position: subscription.position,
    };
    request.sink.sendSoon(frame, SUBSCRIBED_HELD_MS);
  }
}

/** Returns undefined, so that the claim is repeated, when another session was faster and attempts are left. */
function retryIfSuperseded(attempt: number): (error: unknown) => undefined {
  return (error) => {
    const isSuperseded = error instanceof SluiceError && error.code === 'SUPERSEDED';
    if (!isSuperseded || attempt >= CLAIM_ATTEMPTS) throw error;
    return undefined;
  };
}

function takenOver({ grant, cursor }: Pick<SubscribeRequest, 'grant' | 'cursor'>): SluiceError {
  return new SluiceError('SUPERSEDED', `a newer session follows cursor ${cursor} of grant ${grant}`, { grant });
}

function closed(grant: string): SluiceError {
  return new SluiceError('SUPERSEDED', 'the session was closed while the subscription was opened', { grant });
}

function changed(grant: string): SluiceError {
  return new SluiceError('GRANT_CHANGED', `grant ${grant} has just changed, subscribe again`, { grant });
}
