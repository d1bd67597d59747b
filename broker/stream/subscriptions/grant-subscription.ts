import { type ErrorCode, SluiceError } from '../../../proto/errors.js';
import { eventsMessage } from '../../../proto/frames/events-message.js';
import type { Subprotocol } from '../../../proto/frames/frames.js';
import type { Receipt } from '../../receipts/receipt.js';
import type { Cursor, CursorOwner } from '../cursors/cursor.js';
import type { Channel, ChannelMember, EventsBatch } from '../live/channel.js';
import type { LiveView } from '../live/live-view.js';
import type { FrameSink, Subscription } from '../subscriber.js';
import type { View } from '../views/view.js';
import { CreditWindow } from './credit-window.js';

/** A socket that holds this much unwritten is slow: its subscriptions leave their channels for the log. */
const SLOW_SINK_BYTES = 1024 * 1024;

/** What the engine does for a subscription. */
export interface SubscriptionHost {
  /** Why nothing may go out now, if so; asked before every frame of events. */
  refusal(subscription: GrantSubscription): { code: ErrorCode; reason: string } | undefined;
  /** Feeds it from the log until it is live again; returns at once. */
  catchUp(subscription: GrantSubscription): void;
  /** Stores an acknowledged position; the cursor's owner is told when it is on disk. */
  advance(subscription: GrantSubscription, position: number): void;
  deadLetter(subscription: GrantSubscription, position: number, reason: string): Promise<void>;
  /** Lets go of view, cursor and receipt. */
  release(subscription: GrantSubscription, reason: string): Promise<void>;
}

export interface SubscriptionParts {
  grant: string;
  system: string;
  session: string;
  liveView: LiveView;
  encoding: Subprotocol;
  /** Number of the channel among those that the session has on this view. */
  ordinal: number;
  channel: Channel;
  partition: number;
  cursor: Cursor;
  receipt: Receipt;
  credit: number;
  /** Everything up to here counts as sent already. */
  from: number;
  /** What was accepted before is not for the grant. */
  historyFromMs: number;
  /** When the grant's period is over. */
  expiresAtMs: number;
  /** Ledger sequence of the grant as compiled. */
  grantSeq: number;
  sink: FrameSink;
  onEnded(code: ErrorCode): void;
}

/**
 * One grant followed on one session.
 *
 * behind — reads the log at its own pace (`CatchUp` feeds it); becomes live when it has reached its channel.
 * live   — member of its channel; becomes behind when a batch exceeds its credit, its receipt's ceiling or its socket, or has
 *          in it what its grant may not look back to.
 * ended  — nothing goes out any more.
 *
 * True in every state: everything granted up to `position` was sent and nothing beyond it.
 */
export class GrantSubscription implements Subscription, ChannelMember, CursorOwner {
  readonly channel: number;
  #state: 'behind' | 'live' | 'ended' = 'behind';
  #position: number;
  #announcedThrough: number;
  readonly #window: CreditWindow;
  #wake: (() => void) | undefined;
  #released: Promise<void> | undefined;

  constructor(
    readonly parts: SubscriptionParts,
    private readonly host: SubscriptionHost,
  ) {
    this.channel = parts.channel.number;
    this.#position = parts.from;
    this.#announcedThrough = parts.from;
    this.#window = new CreditWindow(parts.credit);
    parts.cursor.owner = this;
  }

  get view(): View {
    return this.parts.liveView.view;
  }

  get position(): number {
    return this.#position;
  }

  get isBehind(): boolean {
    return this.#state === 'behind';
  }

  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Events that may be sent now. */
  get capacity(): number {
    return this.#isSinkSlow ? 0 : this.#window.available;
  }

  /** Resolves when there is room or the subscription has ended. */
  async onDrained(): Promise<void> {
    while (this.isBehind && this.capacity <= 0) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (this.#isSinkSlow) this.parts.sink.whenDrained(() => this.#wakeUp());
      await woken;
    }
  }

  deliver(batch: EventsBatch): void {
    if (this.#state !== 'live') return;
    const { receipt, historyFromMs } = this.parts;
    const isCovered = receipt.covers(batch.through);
    if (isCovered && batch.accepted.isBefore(historyFromMs)) this.skip(batch.through);
    else if (isCovered && batch.positions.length <= this.capacity && this.mayReceive(batch)) this.send(batch);
    else this.#fallBehind();
  }

  /** False when some of it was accepted before what the grant may look back to. */
  mayReceive({ accepted }: EventsBatch): boolean {
    return accepted.isSince(this.parts.historyFromMs);
  }

  /** Ends the subscription instead when it may no longer be served. The receipt must cover the batch. */
  send(batch: EventsBatch): void {
    const refusal = this.host.refusal(this);
    if (refusal) {
      this.end(refusal.code, refusal.reason);
      return;
    }
    this.#window.sent(batch.positions);
    this.#advance(batch.through, batch.positions.length);
    this.#announcedThrough = this.#position;
    this.parts.sink.send(batch.message);
  }

  /** Nothing up to `through` is for this subscription: it is told at the heartbeat's pace. */
  skip(through: number): void {
    this.#advance(through, 0);
  }

  /** Tells how far the log was passed over, if that is not known yet. A live one is told by its channel. */
  announce(): void {
    if (!this.isBehind || this.#announcedThrough === this.#position) return;
    const { channel, sink } = this.parts;
    this.#announcedThrough = this.#position;
    sink.send(eventsMessage(channel.encoder, { channel: channel.number, through: this.#position, events: 0 }, []));
  }

  /** Call only when everything up to the channel's reach was sent. */
  goLive(): void {
    this.#state = 'live';
    this.#position = Math.max(this.#position, this.parts.channel.through);
    this.parts.channel.join(this);
    this.parts.sink.sendFrame({ kind: 'caught_up', channel: this.channel, position: this.#position });
  }

  ack(position: number): void {
    if (this.isEnded) return;
    if (position > this.#position) {
      const where = { grant: this.parts.grant };
      throw new SluiceError('ACK_BEYOND_SENT', `position ${position} was not sent on channel ${this.channel}`, where);
    }
    this.#window.acknowledged(position);
    this.parts.receipt.acked(position);
    this.host.advance(this, position);
    this.#wakeUp();
  }

  async reject(position: number, reason: string): Promise<void> {
    if (position > this.#position) {
      const where = { grant: this.parts.grant };
      throw new SluiceError('ACK_BEYOND_SENT', `position ${position} was not sent on channel ${this.channel}`, where);
    }
    await this.host.deadLetter(this, position, reason);
    this.ack(position);
  }

  /** Whether the event at a position was sent here and is not acknowledged. */
  awaitsAck(position: number): boolean {
    return this.#window.isOpen(position);
  }

  onStored(position: number): void {
    this.parts.sink.sendFrame({ kind: 'acked', channel: this.channel, position });
  }

  onFenced(): void {
    this.end('SUPERSEDED', 'another session follows this grant and cursor');
  }

  /** Ends it at once: nothing is sent after the `ended` frame. */
  end(code: ErrorCode, reason: string, earliest?: number): void {
    if (this.isEnded) return;
    this.#stop();
    const lastPosition = this.#position;
    const gone = earliest === undefined ? {} : { earliest };
    this.parts.sink.sendFrame({ kind: 'ended', channel: this.channel, code, lastPosition, reason, ...gone });
    this.#release(code);
    this.parts.onEnded(code);
  }

  async close(): Promise<void> {
    if (!this.isEnded) {
      this.#stop();
      this.#release('CLOSED');
    }
    await this.#released;
  }

  /** Resolves when cursor and receipt are stored. */
  get released(): Promise<void> {
    return this.#released ?? Promise.resolve();
  }

  get #isSinkSlow(): boolean {
    return this.parts.sink.bufferedBytes() > SLOW_SINK_BYTES;
  }

  #advance(through: number, events: number): void {
    this.#position = Math.max(this.#position, through);
    this.parts.receipt.sent(this.#position, events);
  }

  #fallBehind(): void {
    this.parts.channel.leave(this);
    this.#state = 'behind';
    this.host.catchUp(this);
  }

  #stop(): void {
    this.parts.channel.leave(this);
    this.#state = 'ended';
    this.#wakeUp();
  }

  #release(reason: string): void {
    // What can't be stored now is read as "possibly delivered", and as not acknowledged.
    this.#released = this.host.release(this, reason).catch(() => undefined);
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
