import { EpochChanges } from '../event-log/epoch-changes.js';
import { PartitionReaders } from '../event-log/partition-readers.js';
import { StartPositions } from '../event-log/start-position.js';
import type { Grants } from '../grants/grants.js';
import type { Ledger } from '../ledger/ledger.js';
import type { StreamMetrics } from '../metrics/stream-metrics.js';
import type { Bus } from '../nats/bus.js';
import type { Store } from '../nats/streams.js';
import type { RevocationReport } from '../parties/leases/revocation-report.js';
import { PollerReceipts } from '../receipts/poller-receipts.js';
import { receiptsOf } from '../receipts/receipt-reader.js';
import { ReceiptRegistry } from '../receipts/receipt-registry.js';
import type { EventTraces } from '../traces/event-traces.js';
import { type CursorBound, CursorStore } from './cursors/cursor-store.js';
import { DeadLetterStore } from './dead-letters/dead-letter-store.js';
import { DeadLetters } from './dead-letters/dead-letters.js';
import { RejectionNotice } from './dead-letters/rejection-notice.js';
import { Rejections } from './dead-letters/rejections.js';
import { LiveDispatch } from './live/live-dispatch.js';
import { LiveViews } from './live/live-view.js';
import { SharedWrites } from './live/shared-writes.js';
import { presentEpochOf } from './log-epoch.js';
import { GrantShapes } from './pages/grant-shapes.js';
import { InspectionPages } from './pages/inspection-pages.js';
import type { PageRequest } from './pages/page.js';
import { PageAcknowledgements } from './pages/page-acknowledgements.js';
import { PageEvents } from './pages/page-events.js';
import { PageReader } from './pages/page-reader.js';
import { PageReceipts } from './pages/page-receipts.js';
import { UsedItems } from './pages/used-items.js';
import { sealReceipts, sealRegularly } from './seal-receipts.js';
import { LogSegments } from './segments/log-segments.js';
import { CatchUp } from './subscriptions/catch-up.js';
import { CursorTraffic } from './subscriptions/cursor-traffic.js';
import { deliveryRefusal } from './subscriptions/delivery-refusal.js';
import { GrantAccess, type GrantLookup } from './subscriptions/grant-access.js';
import { NarrowingQuota } from './subscriptions/narrowing-quota.js';
import { OpenEventStreams } from './subscriptions/open-event-streams.js';
import { SubscriptionFailures } from './subscriptions/subscription-failures.js';
import { SubscriptionMonitor } from './subscriptions/subscription-monitor.js';
import { SubscriptionOpener } from './subscriptions/subscription-opener.js';
import { SubscriptionService } from './subscriptions/subscription-service.js';
import { SubscriptionTable } from './subscriptions/subscription-table.js';
import { type EntryLookup, fieldsOf } from './views/entry-fields.js';
import { EntryRetention } from './views/entry-retention.js';

export interface StreamDeps {
  bus: Bus;
  store: Store;
  replicas: number;
  entries: EntryLookup;
  grants: GrantLookup & Pick<Grants, 'idsOf'>;
  /** Cursors that one system may have; undefined is without bound. */
  cursorsPerSystemMax?: number;
  /** Bytes of different narrowings that receipts of one system put on record in a day; undefined is without bound. */
  narrowingBytesPerDay?: number;
  ledger: Pick<Ledger, 'isFresh' | 'append' | 'appendAll'>;
  metrics: StreamMetrics;
  revocations: Pick<RevocationReport, 'lastByteSent'>;
  traces?: EventTraces | undefined;
  secret: string;
  clock(): number;
  /** The time of the bus can be set by hand, so it is not that of the store. */
  testClock?: boolean;
  heartbeatMs: number;
  /** Called whenever a system acknowledges up to a delivered event of a grant, or beyond; resolves when that is on record. */
  onDelivered?(grant: string): Promise<void>;
  /** Called with what goes out, by grant; must return at once. */
  onSent?: ((grant: string, events: number, address: string | undefined) => void) | undefined;
  /** Utilisation of the event loop above which frames wait for more events; 0: always. */
  coalesceAbovePercent: number;
  /** Reports what needs an operator; texts hold no payload. */
  warn(message: string, error?: unknown): void;
}

/** The services of the stream room; each caller takes those it needs. */
export interface Stream {
  subscriptions: SubscriptionService;
  pages: PageReader;
  acknowledgements: PageAcknowledgements;
  deadLetters: DeadLetters;
  usedItems: UsedItems;
  inspections: InspectionPages;
  /** Open streams of server-sent events. */
  eventStreams: OpenEventStreams;
  shapes: GrantShapes;
  readers: PartitionReaders;
  cursors: CursorStore;
  receipts: ReceiptRegistry;
  access: GrantAccess;
  starts: StartPositions;
  retention: EntryRetention;
  table: SubscriptionTable;
  traffic: CursorTraffic;
  segments: LogSegments;
  /** Returns the present epoch of a partition's log. Throws STORE_UNAVAILABLE while it is being resolved. */
  logOf(partition: number): string;
  /** Calls back with each live view that delivers the event, and what its subscribers receive; nothing is sent. */
  projectLive: LiveDispatch['project'];
  /** Resolves when what was sent under rights that have ended by now has left the process, or was dropped. */
  untilStopped(): Promise<void>;
  /** Resolves when every partition is read from its end on. */
  start(): Promise<void>;
  /** Ends what is open and stores cursors and receipts. Safe to call twice. */
  drain(): Promise<void>;
}

/** Composes delivery: subscribers receive what their grants allow, from any position to the end of the log and beyond. */
export function openStream(deps: StreamDeps): Stream {
  const base = openBase(deps);
  const live = openLive(deps, base);
  const subscriptions = openSubscriptions(deps, base, live);
  const { cursors, receipts, logOf, access, starts, retention, table, traffic } = base;
  const { readers, monitor, epochChanges, dispatch, segments } = live;
  let stopSealing = (): void => undefined;
  const drain = async (): Promise<void> => {
    stopSealing();
    monitor.stop();
    epochChanges.stop();
    dispatch.flush();
    await subscriptions.drain();
    await readers.stop();
    await cursors.drain();
    await base.pollers.drain();
    await receipts.drain();
    await sealReceipts(receipts.chain, deps);
  };
  let drained: Promise<void> | undefined;
  return {
    subscriptions,
    eventStreams: new OpenEventStreams(),
    ...openPages(deps, base, live),
    segments,
    readers,
    cursors,
    receipts,
    logOf,
    access,
    starts,
    retention,
    table,
    traffic,
    untilStopped: () => monitor.written(),
    projectLive: (...probe) => dispatch.project(...probe),
    start: async () => {
      cursors.start();
      receipts.start();
      stopSealing = sealRegularly(receipts.chain, deps);
      base.pollers.start();
      await readers.start();
      monitor.start();
    },
    drain: () => {
      drained ??= drain();
      return drained;
    },
  };
}

/** Opens the parts below both modes of delivery: live channels and pages. */
function openBase(deps: StreamDeps) {
  const { bus, store, entries, metrics } = deps;
  const { narrowingBytesPerDay: perDay } = deps;
  const quota = perDay === undefined ? undefined : new NarrowingQuota(perDay, () => performance.now());
  const receipts = new ReceiptRegistry({
    bus,
    onStored: () => metrics.receiptStored(),
    warn: deps.warn,
    takeNarrowing: (system, bytes) => quota?.take(system, bytes),
  });
  const traffic = new CursorTraffic(deps.heartbeatMs);
  const retention = new EntryRetention(entries);
  return {
    access: new GrantAccess(deps),
    retention,
    cursors: new CursorStore(bus, (cursors, ms) => metrics.cursorsStored(cursors, ms / 1000), cursorBound(deps)),
    receipts,
    pollers: new PollerReceipts(receipts),
    starts: new StartPositions(
      bus,
      // Events expire by the time of the store.
      (entry) => retention.expiredBeforeMs(entry, deps.testClock ? Date.now() : deps.clock()),
      deps.testClock,
    ),
    letters: new DeadLetterStore(bus),
    traffic,
    table: new SubscriptionTable(traffic),
    logOf: presentEpochOf(store),
    fieldsOf: (entry: string) => fieldsOf(entries, entry),
  };
}
type Base = ReturnType<typeof openBase>;

function cursorBound({ grants, cursorsPerSystemMax }: StreamDeps): CursorBound {
  return {
    max: cursorsPerSystemMax,
    systemOf: (id) => grants.get(id)?.system,
    grantsOf: (system) => grants.idsOf(system),
  };
}

/** Readers of the log, what they dispatch to, and what watches over the subscriptions. */
function openLive(deps: StreamDeps, { table, receipts, fieldsOf }: Base) {
  const { bus, replicas, metrics, ledger, warn } = deps;
  const failures = new SubscriptionFailures(table, warn);
  const readers: PartitionReaders = new PartitionReaders({
    ...deps,
    onEvent: (event) => {
      try {
        dispatch.onEvent(event);
      } catch (error) {
        failures.endEntry(event.entry, error);
      }
    },
    onTruncated: (partition) => monitor.endPartition(partition),
  });
  const writes = new SharedWrites();
  const dispatch = new LiveDispatch({
    coalesceAbovePercent: deps.coalesceAbovePercent,
    fieldsOf,
    headOf: (partition) => readers.at(partition).head,
    mayDeliver: () => ledger.isFresh,
    writes,
    metrics,
    traces: deps.traces,
  });
  const views = new LiveViews((live) => dispatch.deactivate(live));
  const segments = new LogSegments(bus, readers, replicas, (events) => metrics.caughtUpRead(events));
  const epochChanges = new EpochChanges(deps);
  const watched = { table, views, readers, segments, epochChanges };
  const monitor = new SubscriptionMonitor({ ...deps, ...watched, broker: receipts.chain.broker });
  return { failures, readers, dispatch, views, writes, segments, epochChanges, monitor };
}
type Live = ReturnType<typeof openLive>;

function openSubscriptions(deps: StreamDeps, base: Base, live: Live): SubscriptionService {
  const { entries, grants, metrics, ledger, clock } = deps;
  const { table, cursors, letters, logOf, fieldsOf } = base;
  const { segments, readers, dispatch, views, writes, failures } = live;
  const catchUp = new CatchUp({
    segments,
    readers,
    fieldsOf,
    metrics,
    onLive: (subscription) => dispatch.activate(subscription.parts.liveView),
    onFailure: (subscription, error) => failures.end(subscription, error),
  });
  const notice = new RejectionNotice(clock, deps.warn);
  const rejections = new Rejections({ store: letters, segments, entries, logOf, grants, metrics, notice });
  const opener = new SubscriptionOpener({
    ...base,
    readers,
    views,
    services: {
      refusal: (parts) => deliveryRefusal(parts, ledger, clock()),
      isMemoryScarce: () => segments.isMemoryScarce,
      catchUp: (subscription) => catchUp.run(subscription),
      write: (sink, message) => writes.send(sink, message),
      cursors,
      acknowledged: acknowledgementMeter(deps, readers),
      sent: deps.onSent,
      delivered: (grant) => {
        if (deps.grants.get(grant)?.undelivered !== true) return;
        deps.onDelivered?.(grant).catch((error: unknown) => deps.warn('a first delivery is not on record yet', error));
      },
      reject: (subscription, position, reason) => rejections.add(subscription, position, reason),
    },
  });
  return new SubscriptionService({ opener, catchUp, table, ledger, grants, segments });
}

function openPages(
  { bus, entries, grants, secret, metrics, onDelivered, onSent }: StreamDeps,
  base: Base,
  { readers, segments }: Live,
) {
  const { access, cursors, starts, table, letters, logOf, traffic } = base;
  const events = new PageEvents({ readers, segments, entries });
  const receipts = new PageReceipts(base.pollers);
  const onPulled = ({ grant, address }: PageRequest, count: number): void => {
    metrics.pulled(count);
    if (count > 0) onSent?.(grant, count, address);
  };
  const reading = { access, cursors, starts, readers, events, receipts, logOf, traffic };
  return {
    pages: new PageReader({ ...reading, onPulled }),
    acknowledgements: new PageAcknowledgements({
      access,
      cursors,
      readers,
      table,
      logOf,
      traffic,
      receiptsOf: (party, grant) => receiptsOf(bus, party, grant),
      ...(onDelivered && { onDelivered }),
    }),
    deadLetters: new DeadLetters({ access, store: letters, events, receipts, logOf }),
    shapes: new GrantShapes(access),
    inspections: new InspectionPages({ access, grants, entries, starts, readers, events, secret, logOf }),
    usedItems: new UsedItems({ access, entries, cursors, events, logOf }),
  };
}

/** One acknowledgement in so many is measured: there are as many as frames times subscribers. */
const MEASURED_EVERY = 8;

/** Events that the tail of the log no longer has count with the age of its oldest event, which is less than their own. */
function acknowledgementMeter(
  { metrics, traces }: Pick<StreamDeps, 'metrics' | 'traces'>,
  readers: PartitionReaders,
): (partition: number, position: number) => void {
  let acknowledgements = 0;
  return (partition, position) => {
    if (acknowledgements++ % MEASURED_EVERY !== 0) return;
    const event = readers.at(partition).recent.eventAt(position);
    if (!event) return;
    const traceIdOf = traces && (() => traces.sampled({ entry: event.entry, partition, position })?.traceId);
    metrics.acknowledged(Math.max(0, Date.now() - event.event.acceptedAtMs) / 1000, traceIdOf);
  };
}
