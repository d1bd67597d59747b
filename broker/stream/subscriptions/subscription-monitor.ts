import type { ErrorCode } from '../../../proto/errors.js';
import type { EpochChanges } from '../../event-log/epoch-changes.js';
import type { PartitionReaders } from '../../event-log/partition-readers.js';
import { type Grant, statusAt } from '../../grants/grant.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { StreamMetrics } from '../../metrics/stream-metrics.js';
import type { LiveViews } from '../live/live-view.js';
import type { LogSegments } from '../segments/log-segments.js';
import type { EntryLookup } from '../views/entry-fields.js';
import type { GrantLookup } from './grant-access.js';
import type { GrantSubscription } from './grant-subscription.js';
import type { SubscriptionTable } from './subscription-table.js';

export interface SubscriptionMonitorDeps {
  entries: EntryLookup;
  grants: GrantLookup;
  ledger: Pick<Ledger, 'inSight' | 'append'>;
  /** Of this run of the broker. */
  broker: string;
  metrics: StreamMetrics;
  clock(): number;
  heartbeatMs: number;
  warn(message: string, error?: unknown): void;
  table: SubscriptionTable;
  views: LiveViews;
  readers: PartitionReaders;
  segments: Pick<LogSegments, 'dropPartition'>;
  renewals: Pick<EpochChanges, 'begin'>;
}

/** How late an idle subscription learns that its period is over; nothing is sent to it after that moment anyway. */
const CHECK_INTERVAL_MS = 500;

const CHANGED: Ending = { code: 'GRANT_CHANGED', reason: 'the grant was changed' };

interface Ending {
  code: ErrorCode;
  reason: string;
}

/** Ends subscriptions that may no longer be served, and tells the others how far the log has been passed over. */
export class SubscriptionMonitor {
  readonly #deps: SubscriptionMonitorDeps;
  readonly #stops: (() => void)[] = [];

  constructor(deps: SubscriptionMonitorDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { grants, entries, heartbeatMs } = this.#deps;
    const sweep = setInterval(() => this.#sweep(), CHECK_INTERVAL_MS);
    const announce = setInterval(() => this.#announce(), heartbeatMs);
    this.#stops.push(
      () => clearInterval(sweep),
      () => clearInterval(announce),
      grants.onChange((grant) => this.#onGrant(grant)),
      entries.onChange((entry) => this.#onEntry(entry)),
    );
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Why nothing may be sent on a subscription now, if so. */
  refusal(subscription: GrantSubscription): Ending | undefined {
    if (this.#deps.clock() >= subscription.parts.expiresAtMs)
      return { code: 'EXPIRED', reason: 'the period of the grant is over' };
    if (!this.#deps.ledger.inSight) return { code: 'LEDGER_OUT_OF_SIGHT', reason: 'the grant can not be checked' };
    return undefined;
  }

  /** The log was restored or has lost its tail: no position of before means anything. */
  endPartition(partition: number): void {
    const { table, readers, segments, renewals, warn } = this.#deps;
    warn(`the log of partition ${partition} has lost its tail`);
    // First of all: who comes from now on is told to come again later.
    renewals.begin(partition);
    readers.at(partition).recent.reset(readers.at(partition).head);
    segments.dropPartition(partition);
    for (const subscription of table) {
      if (subscription.parts.partition === partition) subscription.end('POSITION_GONE', 'the log has lost its tail', 0);
    }
  }

  #onGrant(grant: Grant): void {
    const ending = endingOf(grant, this.#deps.clock());
    const ended = this.#deps.table
      .ofGrant(grant.id)
      .filter((subscription) => ending || grant.ledgerSeq !== subscription.parts.grantSeq);
    if (ended.length === 0) return;
    const { code, reason } = ending ?? CHANGED;
    for (const subscription of ended) subscription.end(code, reason);
    this.#recordEnding(grant.id, code, ended);
  }

  /** Up to where each of them was served is on record beside the act that ended them. */
  #recordEnding(grant: string, code: ErrorCode, ended: GrantSubscription[]): void {
    const { broker, ledger, warn } = this.#deps;
    const subscriptions = ended.map(({ position, parts: { session, cursor, receipt } }) => {
      return { session, cursor: cursor.name, receipt: receipt.id, lastPosition: position };
    });
    const document = { grant, code, broker, subscriptions };
    ledger
      .append(() => ({ kind: 'delivery', id: grant, act: 'ended', actor: 'bus', document }))
      .catch((error: unknown) => warn(`the end of delivery on grant ${grant} is not in the ledger`, error));
  }

  /** A view keeps the transforms that it was compiled with: when a new version has others, it must not go on. */
  #onEntry(entry: string): void {
    const isWithdrawn = this.#deps.entries.published(entry) === undefined;
    for (const subscription of this.#deps.table) {
      const { liveView } = subscription.parts;
      if (liveView.view.entry !== entry) continue;
      if (isWithdrawn) subscription.end('ENTRY_WITHDRAWN', `entry ${entry} was withdrawn`);
      else if (!liveView.view.isCurrent()) subscription.end('ENTRY_CHANGED', `entry ${entry} has a new version`);
    }
  }

  #sweep(): void {
    const { table, metrics, views } = this.#deps;
    let behind = 0;
    for (const subscription of table) {
      const refusal = this.refusal(subscription);
      if (refusal) subscription.end(refusal.code, refusal.reason);
      else if (subscription.isBehind) behind++;
    }
    metrics.subscriptionsNow(table.size - behind, behind);
    metrics.viewsNow(views.size, views.channelCount);
  }

  #announce(): void {
    const { table, views, readers } = this.#deps;
    for (const subscription of table) subscription.announce();
    for (const { partition, channels } of views) {
      const { head } = readers.at(partition);
      for (const channel of channels) {
        if (channel.size === 0 || channel.through >= head) continue;
        channel.flush(head);
        channel.announce(head);
      }
    }
  }
}

function endingOf(grant: Grant, nowMs: number): Ending | undefined {
  const status = statusAt(grant, nowMs);
  if (status === 'in_force') return undefined;
  if (status === 'expired') return { code: 'EXPIRED', reason: 'the period of the grant is over' };
  return { code: 'REVOKED', reason: `the grant is ${status}` };
}
