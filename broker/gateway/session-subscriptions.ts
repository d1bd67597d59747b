import { SluiceError } from '../../proto/errors.js';
import type {
  AckFrame,
  RejectFrame,
  Subprotocol,
  SubscribeFrame,
  UnsubscribeFrame,
} from '../../proto/frames/frames.js';
import type { SessionConfig } from '../config.js';
import type { GatewayMetrics } from '../metrics/gateway-metrics.js';
import type { SystemCaller } from '../parties/caller.js';
import { requireSystem } from '../parties/permissions.js';
import type { FrameSink, Subscription } from '../stream/subscriber.js';
import type { SubscriptionService } from '../stream/subscriptions/subscription-service.js';

const DEFAULT_CREDIT = 1000;
/** Channels that have ended and may still be acknowledged by frames that were in flight. */
const ENDED_CHANNELS_MAX = 1000;

export interface SubscriptionsOptions {
  session: string;
  caller: SystemCaller;
  encoding: Subprotocol;
  sink: FrameSink;
  service: Pick<SubscriptionService, 'subscribe'>;
  limits: Pick<SessionConfig, 'maxSubscriptions' | 'maxCredit'>;
  metrics: Pick<GatewayMetrics, 'subscriptionEnded'>;
}

/** The subscriptions of one session by channel. */
export class SessionSubscriptions {
  readonly #byChannel = new Map<number, Subscription>();
  readonly #ended = new Set<number>();
  #opening = 0;
  #isClosed = false;

  constructor(private readonly options: SubscriptionsOptions) {}

  async subscribe(frame: SubscribeFrame): Promise<void> {
    const { limits, caller, session, encoding, sink } = this.options;
    requireSystem(caller, 'subscribe', { grant: frame.grant });
    if (this.#byChannel.size + this.#opening >= limits.maxSubscriptions) {
      throw new SluiceError('TOO_MANY', `a session has at most ${limits.maxSubscriptions} subscriptions`);
    }
    this.#opening++;
    const opened: { hasEnded: boolean; subscription?: Subscription } = { hasEnded: false };
    try {
      opened.subscription = await this.options.service.subscribe({
        system: caller.id,
        session,
        ref: frame.ref,
        grant: frame.grant,
        cursor: frame.cursor ?? 'default',
        from: frame.from ?? 'cursor',
        credit: Math.min(frame.credit ?? DEFAULT_CREDIT, limits.maxCredit),
        narrow: frame.narrow,
        encoding,
        sink,
        isRetired: (channel) => this.#ended.has(channel),
        onEnded: (code) => {
          this.options.metrics.subscriptionEnded(code);
          opened.hasEnded = true;
          if (opened.subscription) this.#forget(opened.subscription);
        },
      });
    } finally {
      this.#opening--;
    }
    const { subscription } = opened;
    if (!opened.hasEnded && !this.#isClosed) return this.#remember(subscription);
    this.#retire(subscription.channel);
    if (!opened.hasEnded) await subscription.close();
  }

  ack(frame: AckFrame): void {
    this.#find(frame.channel)?.ack(frame.position);
  }

  async reject(frame: RejectFrame): Promise<void> {
    await this.#find(frame.channel)?.reject(frame.position, frame.reason);
  }

  async unsubscribe(frame: UnsubscribeFrame): Promise<void> {
    const subscription = this.#find(frame.channel);
    if (!subscription) return;
    this.#forget(subscription);
    await subscription.close();
  }

  /** Resolves when cursors and receipts of all are stored. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const open = [...this.#byChannel.values()];
    this.#byChannel.clear();
    // Storing cursors takes a while at the end of a broker, and a client acknowledges meanwhile: an error would end it for good.
    for (const { channel } of open) this.#ended.add(channel);
    await Promise.allSettled(open.map((subscription) => subscription.close()));
  }

  /** Undefined for a channel that has ended, which the client could not know when it sent the frame. Throws UNKNOWN_CHANNEL. */
  #find(channel: number): Subscription | undefined {
    const found = this.#byChannel.get(channel);
    if (!found && !this.#ended.has(channel)) {
      throw new SluiceError('UNKNOWN_CHANNEL', `the session has no channel ${channel}`);
    }
    return found;
  }

  #remember(subscription: Subscription): void {
    this.#byChannel.set(subscription.channel, subscription);
    this.#ended.delete(subscription.channel);
  }

  #forget(subscription: Subscription): void {
    if (this.#byChannel.get(subscription.channel) !== subscription) return;
    this.#byChannel.delete(subscription.channel);
    this.#retire(subscription.channel);
  }

  #retire(channel: number): void {
    if (this.#ended.size >= ENDED_CHANNELS_MAX) this.#ended.clear();
    this.#ended.add(channel);
  }
}
