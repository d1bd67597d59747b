import { pause } from '../../../client/pause.js';
import { Subscriber } from '../../../client/subscribe/subscriber.js';
import type { DeliveryBatch, SubscriberState } from '../../../client/subscribe/subscriber-options.js';
import { SerialQueue } from '../../../proto/async/serial-queue.js';
import type { SubscribedFrame } from '../../../proto/frames/frames.js';
import { Backoff } from '../backoff.js';
import type { ConnectorContext } from '../connector-context.js';
import { PeerGoneError, PoisonEventError } from '../connector-errors.js';
import type { Sink } from './sink.js';

export interface SinkSubscription {
  grant: string;
  cursor?: string | undefined;
  /** Upper bound of events in flight and not stored. */
  credit?: number | undefined;
}

/** Size of one transaction at the destination. A larger one gains little and repeats more after a crash. */
const BATCH_EVENTS_MAX = 1_000;
/** One batch being written and one waiting. */
const CREDIT = 2 * BATCH_EVENTS_MAX;
/** A rejection that takes longer to be confirmed counts as a lost connection. */
const REJECTION_WAIT_MS = 10_000;
const REJECTION_POLL_MS = 20;
const IDLE_INTERVAL_MS = 500;
/** Stays until the next start: the events wait in the dead letters of the grant until somebody redrives or drops them. */
const DEAD_LETTER_ALARM = 'dead_letter';

/** Writes what a grant delivers into a sink until the signal is aborted. Retries transient failures and throws all others. */
export async function runSink(
  sink: Sink,
  subscription: SinkSubscription,
  context: ConnectorContext,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff(context.reconnect);
  while (!signal.aborted) {
    try {
      await new SinkRun(sink, subscription, context, signal, backoff).run();
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof PeerGoneError)) throw error;
      context.metrics.waits(error.side);
      context.log.warn(`waiting for the ${error.side === 'bus' ? 'bus' : 'destination'}: ${error.message}`);
      await backoff.wait(signal, error.retryAfterMs);
    }
  }
}

/**
 * One subscription from the position of the sink to the first failure of the sink. The sink may take arbitrarily long, and it
 * also flushes while idle; both would call it concurrently, so every call goes through one chain of promises.
 *
 * Invariants: the sink is never called twice at a time; a batch is acknowledged only after it was written; an event behind a
 * poisonous one is written only after the bus has confirmed the dead letter, because the sink's own position then skips it.
 */
class SinkRun {
  #shape: SubscribedFrame | undefined;
  #shapeIsKnown = false;
  /** One call of the sink at a time. */
  readonly #calls = new SerialQueue();
  #failure: unknown;
  #isCaughtUp = false;
  #isWriting = false;

  constructor(
    private readonly sink: Sink,
    private readonly subscription: SinkSubscription,
    private readonly context: ConnectorContext,
    private readonly signal: AbortSignal,
    private readonly backoff: Backoff,
  ) {}

  async run(): Promise<void> {
    const from = await this.sink.open(this.signal);
    this.context.metrics.reached('peer');
    const subscriber = new Subscriber({
      ...this.context.bus,
      ...this.subscription,
      credit: this.subscription.credit ?? CREDIT,
      from,
      acknowledge: 'explicit',
      signal: this.signal,
      reconnect: this.context.reconnect,
      onState: (state) => this.#observe(state),
      onReceived: (seconds) => this.context.metrics.received(seconds),
    });
    const idling = setInterval(() => void this.#idle(subscriber), IDLE_INTERVAL_MS);
    try {
      for await (const batch of subscriber.batches(BATCH_EVENTS_MAX)) await this.#take(batch, subscriber);
    } finally {
      clearInterval(idling);
      await this.#calls.idle();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #take(batch: DeliveryBatch, subscriber: Subscriber): Promise<void> {
    let events = batch.events;
    this.#isWriting = true;
    while (events.length > 0 && !this.signal.aborted) {
      this.#behindSince(events[0]);
      try {
        await this.#calls.run(() => this.#write(events, batch.log));
        this.#stored(events);
        batch.ack();
        break;
      } catch (error) {
        if (!(error instanceof PoisonEventError)) throw error;
        const before = events.filter(({ position }) => position < error.position);
        this.#stored(before);
        await this.#reject(error, subscriber);
        events = events.filter(({ position }) => position > error.position);
      }
    }
    this.#isWriting = false;
    // Until the bus says that there is no more, what follows is about as old.
    if (!this.signal.aborted) this.#behindSince(this.#isCaughtUp ? undefined : batch.events.at(-1));
  }

  /** The oldest event that is not written yet; undefined when all are. */
  #behindSince(event: DeliveryBatch['events'][number] | undefined): void {
    this.context.metrics.behindSince(event && Date.parse(event.time));
  }

  async #write(events: DeliveryBatch['events'], log: string): Promise<void> {
    await this.#announceShape();
    await this.sink.write({ events, log }, this.signal);
  }

  async #announceShape(): Promise<void> {
    if (this.#shapeIsKnown || !this.#shape) return;
    await this.sink.shape(this.#shape);
    this.#shapeIsKnown = true;
  }

  async #idle(subscriber: Subscriber): Promise<void> {
    try {
      await this.#calls.run(async () => {
        // Not only before a batch: rows may have to be completed although no event comes.
        await this.#announceShape();
        await this.sink.idle?.();
      });
    } catch (error) {
      this.#failure ??= error;
      await subscriber.close();
    }
  }

  #stored(events: DeliveryBatch['events']): void {
    const last = events.at(-1);
    if (!last) return;
    this.backoff.succeeded();
    const { metrics } = this.context;
    metrics.events('written', events.length);
    metrics.confirmed(last.position);
  }

  /** The next write moves the sink's own position past the event, so the bus must have the dead letter before it. */
  async #reject({ position, reason }: PoisonEventError, subscriber: Subscriber): Promise<void> {
    this.context.metrics.events('dead_letter', 1);
    this.context.metrics.alarm(DEAD_LETTER_ALARM, true);
    this.context.log.error({ position }, `dead letter: ${reason}`);
    subscriber.reject(position, reason);
    const giveUpAtMs = performance.now() + REJECTION_WAIT_MS;
    while ((subscriber.acked ?? 0) < position && !this.signal.aborted) {
      if (performance.now() > giveUpAtMs)
        throw new PeerGoneError('the bus did not confirm a rejection in time', { side: 'bus' });
      await pause(REJECTION_POLL_MS, this.signal);
    }
  }

  #observe(state: SubscriberState): void {
    const { metrics, log } = this.context;
    if (state.kind === 'subscribed') {
      metrics.reached('bus');
      this.#isCaughtUp = false;
      this.#shape = state.frame;
      this.#shapeIsKnown = false;
    } else if (state.kind === 'caught_up') {
      this.#isCaughtUp = true;
      if (!this.#isWriting) metrics.behindSince(undefined);
    } else if (state.kind === 'disconnected') {
      metrics.waits('bus');
      log.warn({ code: state.error.code }, `waiting for the bus: ${state.error.message}`);
    }
  }
}
