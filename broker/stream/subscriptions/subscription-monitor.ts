import { atTicks } from '../../../proto/async/shared-ticks.js';
import type { ErrorCode } from '../../../proto/errors.js';
import type { EpochChanges } from '../../event-log/epoch-changes.js';
import type { PartitionReaders } from '../../event-log/partition-readers.js';
import { type StoppedTarget, stopText } from '../../grants/delivery-stops.js';
import { type Grant, statusAt } from '../../grants/grant.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { StreamMetrics } from '../../metrics/stream-metrics.js';
import type { EndingAct, RevocationReport } from '../../parties/leases/revocation-report.js';
import type { LiveViews } from '../live/live-view.js';
import type { LogSegments } from '../segments/log-segments.js';
import type { EntryLookup } from '../views/entry-fields.js';
import { deliveryRefusal, type Refusal } from './delivery-refusal.js';
import type { GrantLookup } from './grant-access.js';
import type { GrantSubscription } from './grant-subscription.js';
import type { SubscriptionTable } from './subscription-table.js';

export interface SubscriptionMonitorDeps {
  entries: EntryLookup;
  grants: GrantLookup;
  ledger: Pick<Ledger, 'isFresh' | 'appendAll'>;
  /** Id of this run of the broker. */
  broker: string;
  metrics: StreamMetrics;
  revocations: Pick<RevocationReport, 'lastByteSent'>;
  clock(): number;
  heartbeatMs: number;
  warn(message: string, error?: unknown): void;
  table: SubscriptionTable;
  views: LiveViews;
  readers: PartitionReaders;
  segments: Pick<LogSegments, 'dropPartition'>;
  epochChanges: Pick<EpochChanges, 'begin'>;
}

/** Bounds how late an idle subscription is ended. No frame of events is sent too late: each is checked by itself. */
const CHECK_INTERVAL_MS = 500;
/** Subscriptions and views are counted at every so many checks: looking at thousands of them is most of what a quiet broker does. */
const COUNT_EVERY_CHECKS = 4;

/** Time that a client has for what it was sent under a grant that has ended; what it has not taken then is dropped. */
const LAST_BYTES_MS_MAX = 500;

/** Mostly one batch of the ledger: what is tried again after a conflict is then not there twice. */
const ENDINGS_PER_APPEND = 500;

/** A grant and its subscriptions that were ended. */
type Ending = readonly [grant: string, ended: readonly GrantSubscription[]];

const CHANGED: Refusal = { code: 'GRANT_CHANGED', reason: 'the grant was changed, subscribe again' };

/** Ends subscriptions that may no longer be served, and reports skipped positions to the others. */
export class SubscriptionMonitor {
  readonly #deps: SubscriptionMonitorDeps;
  readonly #stops: (() => void)[] = [];
  /** Subscriptions that have ended, and of which something may still wait in a socket. */
  readonly #unwritten = new Set<Promise<void>>();
  #checks = 0;

  constructor(deps: SubscriptionMonitorDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { grants, entries, heartbeatMs } = this.#deps;
    const announce = setInterval(() => this.#announce(), heartbeatMs);
    this.#stops.push(
      atTicks(CHECK_INTERVAL_MS, () => this.#checkAll()),
      () => clearInterval(announce),
      grants.onChange((grant) => this.#onGrant(grant)),
      grants.stops.onStop((stop, atMs) => this.#onStop(stop, atMs)),
      entries.onChange((entry) => this.#onEntry(entry)),
    );
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Resolves when what subscriptions were sent whose right has ended by now has left the process, or was dropped. */
  async written(): Promise<void> {
    await Promise.all(this.#unwritten);
  }

  /** Ends all subscriptions of a log that was truncated or restored: their positions are not valid any more. */
  endPartition(partition: number): void {
    const { table, readers, segments, epochChanges, warn } = this.#deps;
    warn(`the log of partition ${partition} was truncated: its subscriptions end with POSITION_GONE`);
    // First of all, so that whoever subscribes from now on is refused until the new epoch has begun.
    epochChanges.begin(partition);
    readers.at(partition).recent.reset(readers.at(partition).head);
    segments.dropPartition(partition);
    for (const subscription of table) {
      if (subscription.parts.partition === partition) subscription.end('POSITION_GONE', 'the log was truncated', 0);
    }
  }

  #onGrant(grant: Grant): void {
    const readAtMs = this.#deps.clock();
    const refusal = endingOf(grant, readAtMs);
    const ended = this.#deps.table
      .ofGrant(grant.id)
      .filter((subscription) => refusal || grant.ledgerSeq !== subscription.parts.grantSeq);
    if (ended.length === 0) return;
    const { code, reason } = refusal ?? CHANGED;
    const act = { right: rightOf(grant), atMs: grant.changedAtMs, readAtMs };
    for (const subscription of ended) {
      subscription.end(code, reason);
      if (refusal) this.#awaitLastByte(subscription, act);
    }
    this.#recordEndings(code, [[grant.id, ended]]);
  }

  /** The grants keep their state, so nothing else says that what they deliver has ended. */
  #onStop(stop: StoppedTarget, atMs: number): void {
    const { grants, table, clock } = this.#deps;
    const readAtMs = clock();
    const reason = stopText(stop);
    const stoppedGrants = [...table]
      .map(({ parts }) => grants.get(parts.grant))
      .filter((grant) => grant !== undefined && grants.stops.of(grant) !== undefined);
    const endings: Ending[] = [];
    for (const grant of new Set(stoppedGrants as Grant[])) {
      const ended = table.ofGrant(grant.id);
      for (const subscription of ended) {
        subscription.end('REVOKED', reason);
        this.#awaitLastByte(subscription, { right: rightOf(grant), atMs, readAtMs });
      }
      endings.push([grant.id, ended]);
    }
    this.#recordEndings('REVOKED', endings);
  }

  /** The `ended` frame is the last one under the grant, and what was sent before it may still wait in the socket. */
  #awaitLastByte({ parts }: GrantSubscription, act?: EndingAct): void {
    const written = new Promise<void>((resolve) => parts.sink.whenWritten(resolve, LAST_BYTES_MS_MAX)).then(() => {
      this.#unwritten.delete(written);
      if (act) this.#deps.revocations.lastByteSent(act);
    });
    this.#unwritten.add(written);
  }

  /**
   * Puts the last position of each subscription into the ledger, beside the act that ended it (docs/decisions/0014). Many grants to an append: a
   * stop may end more of them than acts may wait.
   */
  #recordEndings(code: ErrorCode, endings: readonly Ending[]): void {
    const { broker, ledger, warn } = this.#deps;
    const acts = endings.map(([grant, ended]) => {
      const subscriptions = ended.map(({ position, parts: { session, cursor, receipt } }) => {
        return { session, cursor: cursor.name, receipt: receipt.id, lastPosition: position };
      });
      const document = { grant, code, broker, subscriptions };
      return { kind: 'delivery' as const, id: grant, act: 'ended', actor: 'bus', document };
    });
    for (let from = 0; from < acts.length; from += ENDINGS_PER_APPEND) {
      const some = acts.slice(from, from + ENDINGS_PER_APPEND);
      ledger
        .appendAll(() => some)
        .catch((error: unknown) => warn(`the end of delivery on ${some.length} grant(s) is not in the ledger`, error));
    }
  }

  /**
   * A view keeps the transforms and the filter it was compiled with: its subscriptions must end when a new version demands
   * other transforms, or stops to declare an item of the filter filterable.
   */
  #onEntry(entry: string): void {
    const published = this.#deps.entries.published(entry);
    for (const subscription of this.#deps.table) {
      const { liveView } = subscription.parts;
      if (liveView.view.entry !== entry) continue;
      if (!published) {
        subscription.end('ENTRY_WITHDRAWN', `entry ${entry} was withdrawn`);
        this.#awaitLastByte(subscription);
      } else if (!liveView.view.isCurrent(published))
        subscription.end('ENTRY_CHANGED', `entry ${entry} has a new version`);
    }
  }

  #checkAll(): void {
    const { table, clock } = this.#deps;
    const { isFresh } = this.#deps.ledger;
    const nowMs = clock();
    const mayEnd = !isFresh || nowMs >= table.earliestExpiryMs;
    if (mayEnd) this.#endRefused(isFresh, nowMs);
    if (mayEnd || this.#checks++ % COUNT_EVERY_CHECKS === 0) this.#count();
  }

  #endRefused(isFresh: boolean, nowMs: number): void {
    const { table } = this.#deps;
    table.earliestExpiryMs = Number.POSITIVE_INFINITY;
    for (const subscription of table) {
      const { expiresAtMs } = subscription.parts;
      const refusal = deliveryRefusal(subscription.parts, { isFresh }, nowMs);
      if (refusal) subscription.end(refusal.code, refusal.reason);
      else table.earliestExpiryMs = Math.min(table.earliestExpiryMs, expiresAtMs);
    }
  }

  #count(): void {
    const { table, metrics, views } = this.#deps;
    let [behind, outOfCredit] = [0, 0];
    for (const subscription of table) {
      if (subscription.isBehind) behind++;
      if (subscription.isOutOfCredit) outOfCredit++;
    }
    metrics.subscriptionsNow(table.size - behind, behind, outOfCredit);
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

const rightOf = ({ id, party, system }: Grant): string => `grant ${id} (party ${party}, system ${system})`;

function endingOf(grant: Grant, nowMs: number): Refusal | undefined {
  const status = statusAt(grant, nowMs);
  if (status === 'in_force') return undefined;
  if (status === 'expired') return { code: 'EXPIRED', reason: 'the period of the grant is over' };
  return { code: 'REVOKED', reason: `the grant is ${status}` };
}
