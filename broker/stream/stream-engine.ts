import { type ErrorCode, SluiceError } from '../../proto/errors.js';
import { EpochChanges } from '../event-log/epoch-changes.js';
import { expiredBeforeMs } from '../event-log/expiry.js';
import type { LogEvent } from '../event-log/log-event.js';
import { PartitionReaders } from '../event-log/partition-readers.js';
import { StartPositions } from '../event-log/start-position.js';
import type { Ledger } from '../ledger/ledger.js';
import type { StreamMetrics } from '../metrics/stream-metrics.js';
import type { Bus } from '../nats/bus.js';
import type { Store } from '../nats/streams.js';
import { ReceiptRegistry } from '../receipts/receipt-registry.js';
import { CursorStore } from './cursors/cursor-store.js';
import { LiveDispatch } from './live/live-dispatch.js';
import { LiveViews } from './live/live-view.js';
import { DeadLetters } from './pages/dead-letters.js';
import { CatchUp } from './segments/catch-up.js';
import { LogSegments } from './segments/log-segments.js';
import type { SubscribeRequest, Subscription } from './subscriber.js';
import { GrantAccess, type GrantLookup } from './subscriptions/grant-access.js';
import type { GrantSubscription, SubscriptionHost } from './subscriptions/grant-subscription.js';
import { SubscriptionMonitor } from './subscriptions/subscription-monitor.js';
import { SubscriptionOpener } from './subscriptions/subscription-opener.js';
import { SubscriptionTable } from './subscriptions/subscription-table.js';
import { type EntryLookup, fieldsOf, versionsOf } from './views/entry-fields.js';

export interface StreamEngineDeps {
  bus: Bus;
  store: Store;
  replicas: number;
  entries: EntryLookup;
  grants: GrantLookup;
  ledger: Pick<Ledger, 'inSight' | 'append'>;
  metrics: StreamMetrics;
  secret: string;
  clock(): number;
  heartbeatMs: number;
  /** Something that needs an operator; no payloads in it. */
  warn(message: string, error?: unknown): void;
}

/** Delivers to subscribers what their grants allow, from any position to the end of the log and on. */
export class StreamEngine implements SubscriptionHost {
  readonly access: GrantAccess;
  readonly cursors: CursorStore;
  readonly receipts: ReceiptRegistry;
  readonly deadLetters: DeadLetters;
  readonly starts: StartPositions;
  readonly segments: LogSegments;
  readonly readers: PartitionReaders;
  readonly #deps: StreamEngineDeps;
  readonly #views = new LiveViews();
  readonly #table = new SubscriptionTable();
  readonly #dispatch: LiveDispatch;
  readonly #catchUp: CatchUp;
  readonly #renewals: EpochChanges;
  readonly #watch: SubscriptionMonitor;
  readonly #desk: SubscriptionOpener;
  #draining = false;

  constructor(deps: StreamEngineDeps) {
    const { bus, store, entries, metrics } = deps;
    this.#deps = deps;
    this.access = new GrantAccess(deps);
    this.cursors = new CursorStore(bus, (cursors, ms) => metrics.cursorsStored(cursors, ms / 1000));
    this.receipts = new ReceiptRegistry(bus, () => metrics.receiptStored());
    this.deadLetters = new DeadLetters(bus);
    this.starts = new StartPositions(bus, (entry) => expiredBeforeMs(versionsOf(entries, entry), deps.clock()));
    const items = (entry: string) => fieldsOf(entries, entry);
    this.#dispatch = new LiveDispatch({
      fieldsOf: items,
      headOf: (partition) => this.readers.at(partition).head,
      mayDeliver: () => deps.ledger.inSight,
      metrics,
    });
    this.readers = new PartitionReaders({
      bus,
      store,
      metrics,
      onEvent: (event) => this.#onEvent(event),
      onTailLost: (partition) => this.#watch.endPartition(partition),
    });
    this.segments = new LogSegments(bus, this.readers, deps.replicas, (events) => metrics.caughtUpRead(events));
    this.#catchUp = new CatchUp({
      segments: this.segments,
      readers: this.readers,
      fieldsOf: items,
      metrics,
      onLive: (subscription) => this.#dispatch.activate(subscription.parts.liveView),
      onFailure: (subscription, error) => this.#onFailure(subscription, error),
    });
    const shared = { table: this.#table, views: this.#views, readers: this.readers };
    this.#renewals = new EpochChanges(deps);
    this.#watch = new SubscriptionMonitor({
      ...deps,
      ...shared,
      renewals: this.#renewals,
      segments: this.segments,
      broker: this.receipts.chain.broker,
    });
    const { access, cursors, receipts, starts } = this;
    const logOf = (partition: number) => this.logOf(partition);
    this.#desk = new SubscriptionOpener({ ...shared, access, cursors, receipts, starts, logOf, host: this });
  }

  /** Resolves when the end of the log is followed. */
  async start(): Promise<void> {
    this.cursors.start();
    this.receipts.start();
    await this.readers.start();
    this.#watch.start();
  }

  /** Ends what is still open and stores cursors and receipts. Safe to call twice. */
  async drain(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    this.#watch.stop();
    this.#renewals.stop();
    this.#dispatch.flush();
    await Promise.all([...this.#table].map((subscription) => subscription.close()));
    await this.readers.stop();
    await this.cursors.drain();
    await this.receipts.drain();
    await this.#sealReceipts();
  }

  /**
   * Opens a subscription; its `subscribed` frame goes out before its first events. Throws SluiceError: UNKNOWN_GRANT,
   * GRANT_NOT_IN_FORCE, UNKNOWN_PREDICATE, CURSOR_BOUND, POSITION_GONE, BEFORE_HISTORY, STORE_UNAVAILABLE, …
   */
  async subscribe(request: SubscribeRequest): Promise<Subscription> {
    if (this.#draining) throw new SluiceError('SHUTTING_DOWN', 'the broker is shutting down');
    if (!this.#deps.ledger.inSight) throw new SluiceError('LEDGER_OUT_OF_SIGHT', 'grants can not be checked now');
    const subscription = await this.#desk.open(request);
    this.catchUp(subscription);
    return subscription;
  }

  refusal(subscription: GrantSubscription): { code: ErrorCode; reason: string } | undefined {
    return this.#watch.refusal(subscription);
  }

  catchUp(subscription: GrantSubscription): void {
    this.#catchUp.run(subscription);
  }

  advance(subscription: GrantSubscription, position: number): void {
    this.cursors.advance(subscription.parts.cursor, position);
  }

  async deadLetter(subscription: GrantSubscription, position: number, reason: string): Promise<void> {
    const { grant, cursor, partition } = subscription.parts;
    const log = this.logOf(partition);
    if (!subscription.awaitsAck(position) && !(await this.#delivers(subscription, position))) {
      throw new SluiceError('NOT_FOUND', `grant ${grant} has no event at position ${position}`, { grant });
    }
    await this.deadLetters.add(grant, { position, log, cursor: cursor.name, reason });
    this.#deps.metrics.deadLettered();
  }

  async release(subscription: GrantSubscription, reason: string): Promise<void> {
    const { liveView, cursor, receipt } = subscription.parts;
    this.#table.delete(subscription);
    this.#views.release(liveView);
    await Promise.all([this.cursors.release(cursor), this.receipts.close(receipt, reason)]);
  }

  /** The subscription of this broker that holds a cursor. */
  holderOf(cursorSubject: string): GrantSubscription | undefined {
    return this.#table.onCursor(cursorSubject);
  }

  /** Id of the present life of a partition's log. Throws STORE_UNAVAILABLE while a new one is being agreed on. */
  logOf(partition: number): string {
    const log = this.#deps.store.logs[partition];
    if (log === undefined)
      throw new SluiceError('STORE_UNAVAILABLE', `the log of partition ${partition} is being given a new life`);
    return log;
  }

  async #delivers({ view, parts }: GrantSubscription, position: number): Promise<boolean> {
    const place = { entry: view.entry, partition: parts.partition, after: position - 1 };
    const segment = (await this.segments.next(place)).since(parts.historyFromMs);
    for (const event of segment.projected(view, fieldsOf(this.#deps.entries, view.entry))) {
      if (event.position === position) return true;
    }
    return false;
  }

  /** An event that can't be read must not be passed over: who follows its entry is ended and stays in front of it. */
  #onEvent(event: LogEvent): void {
    try {
      this.#dispatch.onEvent(event);
    } catch (error) {
      for (const subscription of this.#table) {
        if (subscription.view.entry === event.entry) this.#onFailure(subscription, error);
      }
    }
  }

  #onFailure(subscription: GrantSubscription, error: unknown): void {
    this.#deps.warn(`a subscription of grant ${subscription.parts.grant} failed`, error);
    subscription.end('INTERNAL', 'unexpected failure, see the log');
  }

  /** With the head in the ledger nobody can take receipts away unseen. */
  async #sealReceipts(): Promise<void> {
    const { broker, head } = this.receipts.chain;
    if (head.records === 0) return;
    const act = { kind: 'receipts', id: broker, act: 'sealed', actor: 'bus', document: { broker, ...head } } as const;
    await this.#deps.ledger
      .append(() => act)
      .catch((error: unknown) => this.#deps.warn('receipts were not sealed', error));
  }
}
