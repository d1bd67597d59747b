import type { ConsumerConfig } from '@nats-io/jetstream';
import { AckPolicy, ReplayPolicy } from '@nats-io/jetstream';
import type { Msg, MsgHdrs, Subscription } from '@nats-io/transport-node';
import { nanos } from '@nats-io/transport-node';
import { atTicksOnceRead } from '../../../proto/async/shared-ticks.js';
import type { Bus } from '../bus.js';
import { asStoreError } from '../store-errors.js';
import type { StoredMessage } from '../stored-message.js';
import { parseAckSubject } from './ack-subject.js';

export interface PushConsumerOptions {
  stream: string;
  /** Start and filter; every other field is set here. */
  config: Partial<ConsumerConfig>;
  onMessage(message: StoredMessage, pending: number): void;
  /**
   * Undefined while there is capacity for more. Otherwise the server is asked for no more until it resolves; up to 32 MB that it has sent
   * before still come.
   */
  backpressure?: (() => Promise<void> | undefined) | undefined;
  /** Called once when deliveries can no longer be trusted to be complete; nothing is delivered after it. */
  onBroken(why: 'gap' | 'silent'): void;
}

export const IDLE_HEARTBEAT_MS = 1_000;
/** Five missed heartbeats: an event loop that is busy for two seconds must not cost a new consumer. */
const SILENCE_MAX_MS = 5 * IDLE_HEARTBEAT_MS;
/**
 * Silence after which a delivery may be an old one: this process was paused, or its event loop held, and what was sent
 * meanwhile waits in the socket. Above one heartbeat, so that an idle stream does not ask at each of them.
 */
const PAUSED_MS = 1.5 * IDLE_HEARTBEAT_MS;
/** How long the server keeps a consumer whose reader has gone. */
const ABANDONED_MS = 30_000;

/**
 * One ephemeral consumer without acknowledgements, with flow control by the server. It notices lost deliveries and
 * silence and then ends; its owner opens the next one. Nothing is delivered after `onBroken`.
 *
 * `lastSeenAtMs` is when everything that the server had sent was here. A heartbeat proves that only while the socket is
 * read as it fills: behind a pause it may be as old as the pause, so an answer of the server to a later question counts.
 */
export class PushConsumer {
  readonly #bus: Bus;
  readonly #options: PushConsumerOptions;
  readonly #subscription: Subscription;
  readonly #endWatch: () => void;
  #name: string | undefined;
  #consumerSequence = 0;
  #open = true;
  /** After a pause, until the server has answered. */
  #isProving = false;
  /** When the server last sent something, however old that was. */
  #heardAtMs = performance.now();
  /** Messages to deliver at the time when the consumer was created. */
  pendingAtStart = 0;
  lastSeenAtMs = performance.now();

  static async open(bus: Bus, options: PushConsumerOptions): Promise<PushConsumer> {
    const consumer = new PushConsumer(bus, options);
    try {
      await consumer.#create();
    } catch (error) {
      consumer.close();
      throw asStoreError(error);
    }
    return consumer;
  }

  private constructor(bus: Bus, options: PushConsumerOptions) {
    this.#bus = bus;
    this.#options = options;
    this.#subscription = bus.nc.subscribe(bus.newInbox(), {
      callback: (error, msg) => {
        if (!error) this.#onDelivery(msg);
      },
    });
    this.#endWatch = atTicksOnceRead(IDLE_HEARTBEAT_MS, () => this.#checkSilence());
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#endWatch();
    if (this.#bus.nc.isClosed()) return;
    this.#subscription.unsubscribe();
    // Spares the server the wait: it deletes the consumer by itself when nobody listens.
    if (this.#name && this.#bus.isUp())
      this.#bus.jsm.consumers.delete(this.#options.stream, this.#name).catch(() => {});
  }

  async #create(): Promise<void> {
    const info = await this.#bus.jsm.consumers.add(this.#options.stream, {
      ...this.#options.config,
      deliver_subject: this.#subscription.getSubject(),
      ack_policy: AckPolicy.None,
      replay_policy: ReplayPolicy.Instant,
      flow_control: true,
      idle_heartbeat: nanos(IDLE_HEARTBEAT_MS),
      inactive_threshold: nanos(ABANDONED_MS),
      mem_storage: true,
      num_replicas: 1,
    });
    this.#name = info.name;
    // Deliveries that overtook this answer are no longer pending in it, but they were at the start.
    this.pendingAtStart = info.num_pending + info.delivered.consumer_seq;
    this.lastSeenAtMs = performance.now();
    this.#heardAtMs = this.lastSeenAtMs;
  }

  #onDelivery(msg: Msg): void {
    if (!this.#open) return;
    this.#noteSeen();
    const delivery = parseAckSubject(msg.reply);
    if (!delivery) {
      this.#onStatus(msg);
    } else if (delivery.consumerSequence !== this.#consumerSequence + 1) {
      this.#break('gap');
    } else {
      this.#consumerSequence = delivery.consumerSequence;
      this.#options.onMessage(new Delivery(msg, delivery.streamSequence, delivery.timeMs), delivery.pending);
    }
  }

  #noteSeen(): void {
    const nowMs = performance.now();
    this.#heardAtMs = nowMs;
    if (!this.#isProving && nowMs - this.lastSeenAtMs <= PAUSED_MS) this.lastSeenAtMs = nowMs;
    else if (!this.#isProving) void this.#prove(nowMs);
  }

  /** The server answers in order: behind everything that it had sent when it was asked. */
  async #prove(askedAtMs: number): Promise<void> {
    this.#isProving = true;
    try {
      await this.#bus.nc.flush();
      this.lastSeenAtMs = Math.max(this.lastSeenAtMs, askedAtMs);
    } catch {
      // The connection is gone: the owner drops the consumer, and the time keeps running.
    } finally {
      this.#isProving = false;
    }
  }

  #onStatus(msg: Msg): void {
    const stalled = msg.headers?.get('Nats-Consumer-Stalled');
    const flowReply = msg.reply || stalled;
    if (flowReply) this.#goOn(flowReply);
    const lastSent = msg.headers?.get('Nats-Last-Consumer');
    if (lastSent && Number(lastSent) > this.#consumerSequence) this.#break('gap');
  }

  #goOn(subject: string): void {
    const capacity = this.#options.backpressure?.();
    if (!capacity) this.#bus.nc.publish(subject);
    else
      void capacity.then(() => {
        if (this.#open && !this.#bus.nc.isClosed()) this.#bus.nc.publish(subject);
      });
  }

  #checkSilence(): void {
    if (this.#name && performance.now() - this.#heardAtMs > SILENCE_MAX_MS) this.#break('silent');
  }

  #break(why: 'gap' | 'silent'): void {
    this.close();
    this.#options.onBroken(why);
  }
}

/** Headers are parsed on demand: most readers never use them, and parsing costs as much as the rest of a delivery. */
class Delivery implements StoredMessage {
  /** Kept: the client cuts it out of the message at each access. */
  readonly data: Uint8Array;
  constructor(
    private readonly msg: Msg,
    readonly position: number,
    readonly timeMs: number,
  ) {
    this.data = msg.data;
  }

  get subject(): string {
    return this.msg.subject;
  }

  get headers(): MsgHdrs | undefined {
    return this.msg.headers;
  }
}
