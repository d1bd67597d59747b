import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { ItemField } from '../../../proto/entry/item-field.js';
import type { LogEvent } from '../../event-log/log-event.js';
import type { PartitionReader } from '../../event-log/partition-reader.js';
import type { PartitionReaders } from '../../event-log/partition-readers.js';
import type { StreamMetrics } from '../../metrics/stream-metrics.js';
import type { GrantSubscription } from '../subscriptions/grant-subscription.js';
import { type ChannelView, LogSegment } from './log-segment.js';
import type { LogSegments } from './log-segments.js';

/** What is missing when a subscription joins its channel is cut for it alone; more than this is shared with others. */
const JOIN_EVENTS_MAX = 64;
/** Between attempts while the store can't be read. */
const RETRY_MS = 250;

export interface CatchUpDeps {
  segments: LogSegments;
  readers: PartitionReaders;
  /** Type and number of an item of an entry, for row filters. */
  fieldsOf(entry: string): (name: string) => ItemField;
  metrics: StreamMetrics;
  /** Told when a subscription joins its channel. */
  onLive(subscription: GrantSubscription): void;
  /** What must not happen did: the subscription can't go on. */
  onFailure(subscription: GrantSubscription, error: unknown): void;
}

/** Feeds subscriptions that are behind from the log, each at the pace of its credit and socket, until they are live. */
export class CatchUp {
  constructor(private readonly deps: CatchUpDeps) {}

  run(subscription: GrantSubscription): void {
    this.#run(subscription).catch((error: unknown) => this.deps.onFailure(subscription, error));
  }

  async #run(subscription: GrantSubscription): Promise<void> {
    const reader = this.#reader(subscription);
    while (subscription.isBehind) {
      await this.#untilReached(subscription);
      await subscription.onDrained();
      await coverReceipt(subscription, this.#partition(subscription).head);
      if (!subscription.isBehind) return;
      const missing = this.#missingOnly(subscription);
      if (!missing) await this.#feedFromLog(subscription, reader);
      else if (this.#join(subscription, missing, reader)) return;
      else await nextTurn();
    }
  }

  /**
   * Another broker, or another process of this one, may have served it beyond what has been read here: from the channel
   * it would get that again.
   */
  async #untilReached(subscription: GrantSubscription): Promise<void> {
    const partition = this.#partition(subscription);
    while (subscription.isBehind && partition.head < subscription.position)
      await partition.waitPast(subscription.position - 1, RETRY_MS);
  }

  /** The events that separate it from the end of the log, when they are few and still in memory. */
  #missingOnly(subscription: GrantSubscription): LogEvent[] | undefined {
    const { recent } = this.#partition(subscription);
    const events = recent.eventsAfter(subscription.position, subscription.view.entry, JOIN_EVENTS_MAX + 1);
    return events && events.length <= JOIN_EVENTS_MAX ? events : undefined;
  }

  /**
   * The seam: in one turn takes what is missing from memory and joins the channel there. The channel is brought up to
   * the head first, so that nothing which it still holds back is sent twice.
   */
  #join(subscription: GrantSubscription, missing: LogEvent[], reader: ChannelView): boolean {
    const { head } = this.#partition(subscription);
    const { view, parts } = subscription;
    if (!parts.receipt.covers(head)) return false;
    parts.channel.flush(head);
    const segment = new LogSegment(view.entry, subscription.position, head, missing);
    while (subscription.position < head) {
      const { capacity } = subscription;
      if (capacity <= 0 || !subscription.isBehind) return false;
      this.#sendNext(subscription, segment, capacity, reader, () => undefined);
    }
    if (!subscription.isBehind) return false;
    subscription.goLive();
    this.deps.onLive(subscription);
    return true;
  }

  async #feedFromLog(subscription: GrantSubscription, reader: ChannelView): Promise<void> {
    const { segments } = this.deps;
    const { view, parts } = subscription;
    const { position } = subscription;
    const place = { entry: view.entry, partition: parts.partition, after: position, isNew: position === parts.from };
    const segment = await segments.next(place).catch(() => undefined);
    if (!segment || segment.through <= place.after) {
      await pause(RETRY_MS);
      return;
    }
    await coverReceipt(subscription, segment.through);
    const { capacity } = subscription;
    if (!subscription.isBehind || capacity <= 0 || !parts.receipt.covers(segment.through)) return;
    this.#sendNext(subscription, segment, capacity, reader, (bytes) => segments.encoded(segment, bytes));
  }

  #sendNext(
    subscription: GrantSubscription,
    segment: LogSegment,
    room: number,
    reader: ChannelView,
    grew: (bytes: number) => void,
  ): void {
    const { position, parts } = subscription;
    let batch = segment.batchAfter(position, room, reader, grew);
    if (batch && !subscription.mayReceive(batch))
      batch = segment.since(parts.historyFromMs).batchAfter(position, room, reader, grew);
    if (!batch) {
      subscription.skip(segment.through);
      return;
    }
    subscription.send(batch);
    this.deps.metrics.frameSent(parts.encoding, {
      events: batch.positions.length,
      bytes: batch.message.length,
      sessions: 1,
    });
  }

  #reader(subscription: GrantSubscription): ChannelView {
    const { view } = subscription;
    const { channel } = subscription.parts;
    return { view, field: this.deps.fieldsOf(view.entry), encoder: channel.encoder, channel: channel.number };
  }

  #partition(subscription: GrantSubscription): PartitionReader {
    return this.deps.readers.at(subscription.parts.partition);
  }
}

/** Nothing goes out before its receipt allows it. While receipts can't be stored nothing is sent. */
async function coverReceipt(subscription: GrantSubscription, through: number): Promise<void> {
  const { receipt } = subscription.parts;
  if (receipt.covers(through)) return;
  await receipt.extendTo(through).catch(() => pause(RETRY_MS));
}
