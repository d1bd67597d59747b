import type { DeliveredEvent } from '../../proto/event/event.js';
import type { From, SubscribedFrame, SubscribeFrame } from '../../proto/frames/frames.js';
import { type ClientError, ProtocolError, RevokedError } from '../errors.js';
import { pause } from '../pause.js';
import { DEFAULT_RECONNECT_POLICY, reconnectDelayMs } from '../reconnect-policy.js';
import { checkBusSettings } from '../service-settings.js';
import { ConnectedSubscription } from './connected-subscription.js';
import { Inbox } from './inbox.js';
import type { Delivery, DeliveryBatch, SubscriberOptions } from './subscriber-options.js';
import { SubscriptionProgress } from './subscription-progress.js';

const DEFAULT_CREDIT = 1000;
/** Bounds memory and the work that a crash repeats, and fills one database transaction. */
const DEFAULT_BATCH_EVENTS = 500;
/** The bus stores cursors several times a second; closing waits this long for the last confirmation. */
const LAST_ACK_WAIT_MS = 2_000;

/**
 * Delivers one grant to an async iterator over as many connections as it takes. After a lost connection the bus repeats every
 * event behind the last durable acknowledgement. Resuming after the last event handed over instead would move the start
 * beyond what the application has processed, and a crash would then lose those events. So it resumes where the
 * acknowledgements stand and drops here what was handed over before.
 *
 * Invariants: each event is handed over once and in order within one iteration; no position is acknowledged before it was
 * handed over; at most `credit` events are buffered; a gap or another log epoch throws instead of being skipped. A subscriber
 * is iterated once, and the iteration throws whatever only the caller can decide. The protocol is in docs/protocol.md.
 */
export class Subscriber implements AsyncIterable<Delivery> {
  readonly #inbox: Inbox<DeliveredEvent>;
  readonly #credit: number;
  readonly #progress: SubscriptionProgress;
  readonly #stop = new AbortController();
  #current: ConnectedSubscription | undefined;
  #running: Promise<void> | undefined;
  #attempt = 0;
  #isLive = false;
  #onConfirmed: (() => void) | undefined;

  constructor(private readonly options: SubscriberOptions) {
    checkBusSettings(options); // settings that can never work would look like an outage at every attempt
    this.#credit = options.credit ?? DEFAULT_CREDIT;
    this.#inbox = new Inbox(this.#credit);
    this.#progress = new SubscriptionProgress(options.from ?? 'cursor');
  }

  get #acknowledges(): 'auto' | 'explicit' | 'never' {
    return this.options.acknowledge ?? 'auto';
  }

  /** The last acknowledged position that the bus has stored. */
  get acked(): number | undefined {
    return this.#progress.confirmed;
  }

  /** Last position handed over, and the epoch of its log, as a value for `from`. */
  get resumePoint(): Extract<From, { after: number }> | undefined {
    return this.#progress.resumePoint;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Delivery, void, undefined> {
    for await (const { events } of this.#iterate(1)) {
      const event = events[0]!;
      yield {
        event,
        ack: () => this.ack(event.position),
        reject: (reason) => this.reject(event.position, reason),
      };
    }
  }

  /** The same events in batches of those that have arrived. */
  batches(eventsMax = DEFAULT_BATCH_EVENTS): AsyncGenerator<DeliveryBatch, void, undefined> {
    return this.#iterate(eventsMax);
  }

  /** Acknowledges everything up to `position`, which must have been handed over. */
  ack(position: number): void {
    this.#current?.ack(this.#progress.acknowledge(position));
    this.#acknowledgeSkipped();
  }

  /** Rejects one event that the application cannot process, and acknowledges everything before it. */
  reject(position: number, reason: string): void {
    this.#progress.reject(position, reason);
    this.#current?.reject(position, reason);
    this.ack(position);
  }

  /** Ends the iteration. Resolves when the last acknowledgement is confirmed, or after `LAST_ACK_WAIT_MS`. */
  async close(): Promise<void> {
    if (!this.#stop.signal.aborted) {
      this.#current?.flush();
      await this.#lastConfirmation();
      this.#stop.abort();
    }
    await this.#running;
  }

  async *#iterate(eventsMax: number): AsyncGenerator<DeliveryBatch, void, undefined> {
    if (this.#running) throw new TypeError('a subscriber can be iterated once; create another one');
    this.#running = this.#run(this.#stop.signal);
    try {
      while (true) {
        const events = await this.#inbox.take(eventsMax);
        if (!events) return;
        const { position } = events.at(-1)!;
        this.#progress.handOver(position);
        yield { events, position, log: this.#progress.log, ack: () => this.ack(position) };
        if (this.#acknowledges === 'auto') this.ack(position);
      }
    } finally {
      await this.close();
    }
  }

  /** Reconnects until the caller stops or an error needs the caller's decision. */
  async #run(stop: AbortSignal): Promise<void> {
    const abort = () => this.#stop.abort();
    if (this.options.signal?.aborted) abort();
    this.options.signal?.addEventListener('abort', abort);
    while (!stop.aborted) {
      const error = await this.#connectOnce(stop);
      // Events received under a grant may still be handed over after it ends. In all other cases the bus sends them again.
      if (!(error instanceof RevokedError)) this.#inbox.clear();
      if (!stop.aborted && !error.retryable) this.#inbox.end(error);
      if (stop.aborted || !error.retryable) break;
      await this.#waitBeforeRetry(error, stop);
    }
    this.options.signal?.removeEventListener('abort', abort);
    this.#inbox.end();
  }

  async #waitBeforeRetry(error: ClientError, stop: AbortSignal): Promise<void> {
    const policy = this.options.reconnect ?? DEFAULT_RECONNECT_POLICY;
    const retryInMs = reconnectDelayMs(this.#attempt++, policy, Math.random);
    this.options.onState?.({ kind: 'disconnected', error, retryInMs });
    await pause(retryInMs, stop);
  }

  /** Resolves with the reason why one connection ended, or could not be opened. */
  async #connectOnce(stop: AbortSignal): Promise<ClientError> {
    this.options.onState?.({ kind: 'connecting', attempt: this.#attempt });
    const ended = await new Promise<ClientError>((resolve) => {
      const current = new ConnectedSubscription({
        subscribed: (frame) => this.#subscribed(frame),
        events: (events, through) => this.#receive(events, through),
        acked: (position) => this.#confirmed(position),
        caughtUp: (position) => this.#caughtUp(position),
        ended: resolve,
      });
      this.#current = current;
      void current.start(this.options, this.#request(), stop);
    });
    this.#current = undefined;
    this.#onConfirmed?.();
    return ended;
  }

  #caughtUp(position: number): void {
    this.#isLive = true;
    this.options.onState?.({ kind: 'caught_up', position });
  }

  #request(): Omit<SubscribeFrame, 'kind' | 'ref'> {
    const { grant, cursor, narrow } = this.options;
    return {
      grant,
      from: this.#progress.resumeFrom(),
      credit: this.#credit,
      ...(cursor === undefined ? {} : { cursor }),
      ...(narrow === undefined ? {} : { narrow }),
    };
  }

  #subscribed(frame: SubscribedFrame): void {
    this.#isLive = false;
    this.#progress.subscribed(frame);
    this.#attempt = 0;
    for (const { position, reason } of this.#progress.rejects) this.#current?.reject(position, reason);
    this.#current?.ack(this.#progress.acknowledged);
    this.options.onState?.({ kind: 'subscribed', frame });
  }

  #receive(events: DeliveredEvent[], through: number): void {
    const unseen = this.#progress.unseen(events, through);
    const newest = unseen.at(-1);
    if (this.#isLive && newest) this.options.onReceived?.(Math.max(0, Date.now() - Date.parse(newest.time)) / 1000);
    if (!this.#inbox.push(unseen))
      throw new ProtocolError(`the bus sent more events than the credit of ${this.#credit} allows`);
    this.#acknowledgeSkipped();
  }

  #acknowledgeSkipped(): void {
    if (this.#acknowledges === 'never' || this.#inbox.size > 0) return;
    const position = this.#progress.acknowledgeSkipped();
    if (position !== undefined) this.#current?.ack(position);
  }

  #confirmed(position: number): void {
    this.#progress.confirm(position);
    this.options.onState?.({ kind: 'acked', position });
    if (this.#progress.isConfirmed) this.#onConfirmed?.();
  }

  #lastConfirmation(): Promise<void> {
    if (!this.#current || this.#progress.isConfirmed) return Promise.resolve();
    return new Promise((resolve) => {
      const timeout = setTimeout(resolve, LAST_ACK_WAIT_MS);
      this.#onConfirmed = () => {
        clearTimeout(timeout);
        resolve();
      };
    });
  }
}
