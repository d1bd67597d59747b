import type { Rows } from '../../../proto/entry/rows.js';
import { type ErrorCode, SluiceError } from '../../../proto/errors.js';
import { eventsMessage } from '../../../proto/frames/events-message.js';
import type { Subprotocol } from '../../../proto/frames/frames.js';
import type { Receipt } from '../../receipts/receipt.js';
import type { Cursor, CursorOwner } from '../cursors/cursor.js';
import type { CursorStore } from '../cursors/cursor-store.js';
import type { Channel, ChannelMember, EventsBatch } from '../live/channel.js';
import type { LiveView } from '../live/live-view.js';
import type { FrameSink, Subscription } from '../subscriber.js';
import type { View } from '../views/view.js';
import { CreditWindow } from './credit-window.js';
import type { Refusal } from './delivery-refusal.js';

/** A socket with this much unwritten makes its session a slow consumer: its subscriptions leave their channels for the log. */
const SLOW_SINK_BYTES = 1024 * 1024;
/** The same while memory is scarce. */
const SCARCE_SINK_BYTES = 64 * 1024;

/** Collaborators of all subscriptions of a broker. */
export interface SubscriptionServices {
  /** Returns why nothing may be sent now, or undefined; asked before every frame of events. */
  refusal(parts: SubscriptionParts): Refusal | undefined;
  /** Sockets that are not read hold so much memory that each is to be given little. */
  isMemoryScarce(): boolean;
  /** Feeds a subscription from the log until it is live again; returns at once. */
  catchUp(subscription: GrantSubscription): void;
  /** Sends the bytes of a whole message, with whatever else this sink is sent by the same flush. */
  write(sink: FrameSink, message: Uint8Array): void;
  cursors: Pick<CursorStore, 'advance'>;
  /** A live subscriber acknowledged everything up to the position. */
  acknowledged(partition: number, position: number): void;
  /** Events went out; absent where nobody asks. */
  sent?: ((grant: string, events: number, address: string | undefined) => void) | undefined;
  /** The subscriber acknowledged up to an event that it was sent, or beyond. */
  delivered(grant: string): void;
  /** Stores a rejected event; throws NOT_FOUND when the grant delivers none at the position. */
  reject(subscription: GrantSubscription, position: number, reason: string): Promise<void>;
  /** Releases view, cursor and receipt. Resolves when cursor and receipt are stored. */
  release(subscription: GrantSubscription, reason: string): Promise<void>;
}

export interface SubscriptionParts {
  grant: string;
  system: string;
  session: string;
  liveView: LiveView;
  encoding: Subprotocol;
  /** Tells this channel from others that the session has on the same view; 0 is the shared one. */
  ordinal: number;
  channel: Channel;
  partition: number;
  cursor: Cursor;
  receipt: Receipt;
  credit: number;
  /** The row filter of this subscription, in canonical form. */
  narrow: Rows;
  /** Gives back what the narrowing takes of the memory for all of them. */
  releaseNarrowing: () => void;
  /** The start position: everything up to it counts as sent already. */
  from: number;
  /** Events accepted before this time are not delivered. */
  historyFromMs: number;
  /** End of the grant's period. */
  expiresAtMs: number;
  /** Sequence of the ledger record from which the grant was compiled. */
  grantSeq: number;
  sink: FrameSink;
  onEnded(code: ErrorCode): void;
}

/**
 * One grant followed on one session.
 *
 * Subscribers differ in speed, and a queue per subscriber would grow with the slowest. So none is kept: a subscription
 * is a position in the log, and gets frames in one of two ways.
 *
 * behind — `CatchUp` feeds it from the log as fast as its credit and socket allow; it becomes live at the hand-over, when
 *          it has reached its channel (docs/decisions/0010).
 * live   — member of its channel, which sends it the shared frames; it falls behind when a batch exceeds its credit, the
 *          ceiling of its receipt or the capacity of its socket, or holds an event accepted before its history begins.
 * ended  — nothing is sent any more.
 *
 * Invariants in every state: everything granted up to `position` was sent and nothing beyond it; no frame of events is
 * sent before a receipt covers it, nor after the right to receive it has ended.
 */
export class GrantSubscription implements Subscription, ChannelMember, CursorOwner {
  readonly channel: number;
  #state: 'behind' | 'live' | 'ended' = 'behind';
  #position: number;
  #announcedThrough: number;
  #delivered = 0;
  /** Position before the first frame that held events. */
  #firstFrom = 0;
  readonly #window: CreditWindow;
  #wake: (() => void) | undefined;
  #released: Promise<void> | undefined;

  constructor(
    readonly parts: SubscriptionParts,
    private readonly services: SubscriptionServices,
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

  /** Events sent since the subscription was opened. */
  get delivered(): number {
    return this.#delivered;
  }

  get isBehind(): boolean {
    return this.#state === 'behind';
  }

  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Nothing is sent until something is acknowledged. */
  get isOutOfCredit(): boolean {
    return this.isBehind && this.#window.available <= 0;
  }

  /** Events that may be sent before the next acknowledgement, however slowly the client reads. */
  get credit(): number {
    return this.#window.available;
  }

  /** Number of events that may be sent now. */
  get capacity(): number {
    return this.#isSinkSlow ? 0 : this.#window.available;
  }

  /** Backpressure: resolves when there is capacity, or when the subscription is not behind any more. */
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

  /** False when the batch holds an event accepted before the granted history. */
  mayReceive({ accepted }: EventsBatch): boolean {
    return accepted.isSince(this.parts.historyFromMs);
  }

  /** Sends the batch, or ends the subscription when it may no longer be served. The receipt must cover the batch. */
  send(batch: EventsBatch): void {
    const refusal = this.services.refusal(this.parts);
    if (refusal) {
      this.end(refusal.code, refusal.reason);
      return;
    }
    this.#window.sent(batch.positions);
    this.#advance(batch.through, batch.positions.length);
    this.#announcedThrough = this.#position;
    const { sent } = this.services;
    this.services.write(this.parts.sink, batch.message);
    if (sent && batch.positions.length > 0) sent(this.parts.grant, batch.positions.length, this.parts.sink.address);
  }

  /** Moves past positions at which the log holds nothing for this subscription; `announce` reports it later. */
  skip(through: number): void {
    this.#advance(through, 0);
  }

  /** Reports skipped positions to the client while behind; a live subscription is reported to by its channel. */
  announce(): void {
    if (!this.isBehind || this.#announcedThrough === this.#position) return;
    const { channel, sink } = this.parts;
    this.#announcedThrough = this.#position;
    sink.send(eventsMessage(channel.encoder, { channel: channel.number, through: this.#position, events: 0 }, []));
  }

  /** Joins the channel. Call only when everything up to the channel's `through` was sent. */
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
    if (this.#state === 'live') this.services.acknowledged(this.parts.partition, position);
    this.parts.receipt.acked(position);
    this.services.cursors.advance(this.parts.cursor, position);
    if (this.#delivered > 0 && position > this.#firstFrom) this.services.delivered(this.parts.grant);
    this.#wakeUp();
  }

  async reject(position: number, reason: string): Promise<void> {
    if (position > this.#position) {
      const where = { grant: this.parts.grant };
      throw new SluiceError('ACK_BEYOND_SENT', `position ${position} was not sent on channel ${this.channel}`, where);
    }
    await this.services.reject(this, position, reason);
    this.ack(position);
  }

  /** Whether the event at a position was sent on this channel and is not acknowledged yet. */
  awaitsAck(position: number): boolean {
    return this.#window.isOpen(position);
  }

  onStored(position: number): void {
    this.parts.sink.sendSoon({ kind: 'acked', channel: this.channel, position });
  }

  onFenced(): void {
    this.end('SUPERSEDED', 'another session follows this grant and cursor');
  }

  /** Ends the subscription at once: nothing is sent after the `ended` frame. */
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
    const bytes = this.parts.sink.bufferedBytes();
    return bytes > SCARCE_SINK_BYTES && (bytes > SLOW_SINK_BYTES || this.services.isMemoryScarce());
  }

  #advance(through: number, events: number): void {
    if (this.#delivered === 0) this.#firstFrom = this.#position;
    this.#position = Math.max(this.#position, through);
    this.#delivered += events;
    this.parts.receipt.sent(this.#position, events);
  }

  #fallBehind(): void {
    this.parts.channel.leave(this);
    this.#state = 'behind';
    this.services.catchUp(this);
  }

  #stop(): void {
    this.parts.channel.leave(this);
    this.#state = 'ended';
    this.#wakeUp();
  }

  #release(reason: string): void {
    // A receipt that cannot be closed counts as possibly delivered; an acknowledgement that cannot be stored was never confirmed.
    this.#released = this.services.release(this, reason).catch(() => undefined);
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
