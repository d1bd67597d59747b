import { setTimeout as pause } from 'node:timers/promises';
import { sharedTurn, type TurnShare } from '../../../proto/async/shared-turns.js';
import type { ItemField } from '../../../proto/entry/item-field.js';
import type { LogEvent } from '../../event-log/log-event.js';
import type { PartitionReader } from '../../event-log/partition-reader.js';
import type { PartitionReaders } from '../../event-log/partition-readers.js';
import type { StreamMetrics } from '../../metrics/stream-metrics.js';
import { turnShareOf } from '../../parties/caller.js';
import { type ChannelView, LogSegment } from '../segments/log-segment.js';
import type { LogSegments } from '../segments/log-segments.js';
import type { GrantSubscription } from './grant-subscription.js';

/** At the hand-over so many events are encoded for one subscription alone; with more missing it reads a shared segment first. */
const JOIN_EVENTS_MAX = 64;
/** Interval of attempts while the store cannot be read. */
const RETRY_MS = 250;

export interface CatchUpDeps {
  segments: LogSegments;
  readers: PartitionReaders;
  /** Returns a look-up of an entry's items by name, for row filters. */
  fieldsOf(entry: string): (name: string) => ItemField;
  metrics: StreamMetrics;
  /** Called when a subscription has joined its channel. */
  onLive(subscription: GrantSubscription): void;
  /** Called on an unexpected failure: the subscription cannot continue. */
  onFailure(subscription: GrantSubscription, error: unknown): void;
}

/**
 * Feeds subscriptions that are behind from the log until they are live.
 *
 * A subscription must change from the log to its channel without a gap, a duplicate or a reorder. Buffering live events while
 * the log is read would need a buffer per subscription and a comparison at the end. Instead the recent tail of the
 * partition is one buffer for all: a subscription whose position lies inside takes the missing events from there and joins its
 * channel in the same turn of the event loop, so that no event can come in between. See docs/decisions/0010.
 *
 * Invariants: events are sent in the order of the log, as fast as credit and socket allow; none is sent before its receipt.
 */
export class CatchUp {
  constructor(private readonly deps: CatchUpDeps) {}

  /** `onArrived` is called when the subscription asks for a segment of the log, and when it needs none any more. */
  run(subscription: GrantSubscription, onArrived: () => void = ignored): void {
    this.#run(subscription, onArrived)
      .finally(onArrived)
      .catch((error: unknown) => this.deps.onFailure(subscription, error));
  }

  async #run(subscription: GrantSubscription, onArrived: () => void): Promise<void> {
    const channel = this.#channel(subscription);
    while (subscription.isBehind) {
      await this.#untilReached(subscription);
      if (subscription.capacity <= 0) await subscription.onDrained();
      const { head } = this.#partition(subscription);
      if (!subscription.parts.receipt.covers(head)) await coverReceipt(subscription, head);
      let missing = this.#missingOnly(subscription);
      if (!missing) {
        const fed = this.#feedFromLog(subscription, channel);
        onArrived();
        await fed;
        continue;
      }
      if (missing.length > 0) {
        // Hundreds may come to this at once, each with a view of its own to encode for.
        await sharedTurn(turnShare(subscription));
        missing = this.#missingOnly(subscription);
      }
      if (missing && this.#join(subscription, missing, channel)) return;
    }
  }

  /**
   * Waits until this process has read the log up to the subscription's position. Another broker may have served the
   * subscriber further than that; joining the channel now would send those events again.
   */
  async #untilReached(subscription: GrantSubscription): Promise<void> {
    const partition = this.#partition(subscription);
    while (subscription.isBehind && partition.head < subscription.position)
      await partition.waitPast(subscription.position - 1, RETRY_MS);
  }

  /** The events between the subscription and the head, when they are few and still in memory. */
  #missingOnly(subscription: GrantSubscription): LogEvent[] | undefined {
    const { recent } = this.#partition(subscription);
    const events = recent.eventsAfter(subscription.position, subscription.view.entry, JOIN_EVENTS_MAX + 1);
    return events && events.length <= JOIN_EVENTS_MAX ? events : undefined;
  }

  /**
   * The hand-over: sends the missing events from memory and joins the channel, all in one turn. The channel is flushed up
   * to the head first, so that its pending events are not sent twice.
   */
  #join(subscription: GrantSubscription, missing: LogEvent[], channel: ChannelView): boolean {
    const { head } = this.#partition(subscription);
    const { view, parts } = subscription;
    if (!parts.receipt.covers(head)) return false;
    parts.channel.flush(head);
    if (subscription.position < head) {
      const segment = new LogSegment(view.entry, subscription.position, head, missing);
      while (subscription.position < head) {
        const { capacity } = subscription;
        if (capacity <= 0 || !subscription.isBehind) return false;
        this.#sendNext(subscription, segment, capacity, channel, () => undefined);
      }
    }
    if (!subscription.isBehind) return false;
    subscription.goLive();
    this.deps.onLive(subscription);
    return true;
  }

  async #feedFromLog(subscription: GrantSubscription, channel: ChannelView): Promise<void> {
    const { segments } = this.deps;
    const { view, parts } = subscription;
    const { position } = subscription;
    const request = { entry: view.entry, partition: parts.partition, after: position };
    let through = position;
    let taken: Promise<void> | undefined;
    const take = (segment: LogSegment): Promise<void> => {
      through = segment.through;
      taken = this.#take(subscription, segment, channel);
      return taken.catch(ignored);
    };
    await segments.next(request, take).catch(ignored);
    await taken;
    if (through <= position) await pause(RETRY_MS);
    else await coverReceipt(subscription, through);
  }

  /** Sends what the subscription may have of a segment. One that waits for its receipt gets it the next time. */
  async #take(subscription: GrantSubscription, segment: LogSegment, channel: ChannelView): Promise<void> {
    const { segments } = this.deps;
    const { receipt } = subscription.parts;
    if (segment.through <= subscription.position || !receipt.covers(segment.through)) return;
    if (!segment.isEncodedFor(channel)) await segments.turnToEncode(segment, turnShare(subscription));
    const { capacity } = subscription;
    if (!subscription.isBehind || capacity <= 0 || !receipt.covers(segment.through)) return;
    this.#sendNext(subscription, segment, capacity, channel, (bytes) => segments.encoded(segment, bytes));
  }

  #sendNext(
    subscription: GrantSubscription,
    segment: LogSegment,
    capacity: number,
    channel: ChannelView,
    encoded: (bytes: number) => void,
  ): void {
    const { position, parts } = subscription;
    let batch = segment.batchAfter(position, capacity, channel, encoded);
    if (batch && !subscription.mayReceive(batch))
      batch = segment.since(parts.historyFromMs).batchAfter(position, capacity, channel, encoded);
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

  #channel(subscription: GrantSubscription): ChannelView {
    const { view } = subscription;
    const { channel } = subscription.parts;
    return { view, field: this.deps.fieldsOf(view.entry), encoder: channel.encoder, channel: channel.number };
  }

  #partition(subscription: GrantSubscription): PartitionReader {
    return this.deps.readers.at(subscription.parts.partition);
  }
}

const turnShare = ({ parts }: GrantSubscription): TurnShare => turnShareOf({ kind: 'system', id: parts.system });

function ignored(): void {}

/** Raises the ceiling of the receipt. While receipts cannot be stored nothing is sent. */
async function coverReceipt(subscription: GrantSubscription, through: number): Promise<void> {
  const { receipt } = subscription.parts;
  if (receipt.covers(through)) return;
  await receipt.extendTo(through).catch(() => pause(RETRY_MS));
}
