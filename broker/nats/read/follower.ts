import { DeliverPolicy, type StreamInfo } from '@nats-io/jetstream';
import { deferred } from '@nats-io/transport-node';
import { isSameEpoch } from '../../../proto/log-position.js';
import type { Bus } from '../bus.js';
import type { StoredMessage } from '../stored-message.js';
import { epochOf } from '../streams.js';
import { assertProven, type LeaderEnd, leaderEndOf } from './leader-end.js';
import { LeaderFreshness } from './leader-freshness.js';
import { leaderGetAt } from './leader-get.js';
import { streamInfo } from './log-reader.js';
import { OwnMessages } from './own-messages.js';
import { PushConsumer } from './push-consumer.js';

export interface FollowerOptions {
  stream: string;
  /** Position before the first one to read. */
  after: number;
  onMessage: (message: StoredMessage) => void;
  /** Undefined while there is capacity for more messages; otherwise resolves when there is. It must resolve. */
  backpressure?: (() => Promise<void> | undefined) | undefined;
  /** Called the first time that the end of the stream is reached after a start or an interruption. */
  onCaughtUp?: (() => void) | undefined;
  /** The log epoch that the owner relies on; undefined while it relies on none. */
  epoch?: (() => string | undefined) | undefined;
  /**
   * Called when the stream names another epoch; resolves with the epoch that all brokers agree on, whatever the stream
   * names for a moment.
   */
  agreedEpoch?: (() => Promise<string>) | undefined;
  /**
   * The stream is not the one that was read: it was restored or truncated, and may have grown again since. Nothing
   * after `last` is certain to be unchanged. The follower continues at the end of the stream.
   */
  onTruncated?: ((last: number) => void) | undefined;
}

const REOPEN_WAIT_MIN_MS = 50;
/** Bounds how late a follower resumes after the store has come back. */
const REOPEN_WAIT_MAX_MS = 2_000;

/**
 * Follows a whole stream through every interruption.
 *
 * A consumer of JetStream ends with its server, loses messages on a full connection, and on a replica may lag behind
 * without an error. Acknowledging each message to a durable consumer would cost a write per message. Instead each
 * attempt opens an ephemeral consumer after the last position, and any gap or silence ends the attempt.
 *
 * A message that this process stored itself need not make the way through the consumer first: its writer hands it over, when nothing
 * is missing before it, and the consumer's copy is then only compared (docs/decisions/0100).
 *
 * Invariants: each sequence is handed over once, in ascending order, and none that the stream holds is left out; a
 * stream that was truncated or restored is reported before anything of it is handed over.
 */
export class Follower {
  readonly #bus: Bus;
  readonly #options: FollowerOptions;
  /** Last position handed over. */
  #position: number;
  /** Last position that came from the stream: behind `#position` by what writers of this process have handed over. */
  #readPosition: number;
  /** Store time of the message at the read position: no two messages of different epochs agree in both. */
  #readTimeMs: number | undefined;
  readonly #own = new OwnMessages();
  /** The stream had another message in the place of one that its writer handed over. */
  #isReplaced = false;
  #consumer: PushConsumer | undefined;
  #consumerOpenedAtMs = 0;
  #running = false;
  /** Numbers the attempts to open, so that a result of an attempt that was overtaken is dropped. */
  #attempt = 0;
  #reopenWaitMs = REOPEN_WAIT_MIN_MS;
  #reopenTimer: NodeJS.Timeout | undefined;
  #caughtUp = false;
  #lastSeenAtMs = Number.NEGATIVE_INFINITY;
  /**
   * End of the leader when the consumer was opened, for streams with replicas; without replicas the consumer's own
   * count is enough.
   */
  #leaderEnd: LeaderEnd | undefined;
  #freshness: LeaderFreshness | undefined;
  #endStatus: (() => void) | undefined;
  #started = deferred<void>();

  constructor(bus: Bus, options: FollowerOptions) {
    this.#bus = bus;
    this.#options = options;
    this.#position = options.after;
    this.#readPosition = options.after;
  }

  get position(): number {
    return this.#position;
  }

  /** Until this time the stream was fresh: everything that its leader had was here. */
  get lastSeenAtMs(): number {
    if (this.#freshness) return this.#freshness.confirmedAtMs;
    // A new consumer is younger than what it still has to bring.
    return (this.#caughtUp ? this.#consumer?.lastSeenAtMs : undefined) ?? this.#lastSeenAtMs;
  }

  /** Resolves when the stream is being read, however long that takes; `stop` ends the wait too. */
  start(): Promise<void> {
    if (!this.#running) {
      this.#running = true;
      this.#endStatus = this.#bus.onStatus((up) => (up ? this.#reopen(0) : this.#dropConsumer()));
      this.#reopen(0);
    }
    return this.#started;
  }

  /** Checks again whether the stream is still the one that was read. */
  recheck(): void {
    if (this.#running) this.#reopen(0);
  }

  /**
   * Takes a message that this process has stored, by a write sent at `sentAtMs`. It is handed over at once when it directly follows
   * the last one and the stream was being followed without an interruption since; otherwise the consumer will bring it.
   */
  stored(message: StoredMessage, sentAtMs: number): void {
    if (this.takes(message.position, sentAtMs) && this.#own.add(message)) this.#handOver(message);
  }

  /** Whether `stored` would look at a message: most of a busy broker have come from the consumer before their acknowledgement. */
  takes(position: number, sentAtMs: number): boolean {
    const isFollowing = this.#consumer !== undefined && sentAtMs >= this.#consumerOpenedAtMs && !this.#isReplaced;
    return isFollowing && position === this.#position + 1;
  }

  /** Nothing is handed over after the call. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#endStatus?.();
    clearTimeout(this.#reopenTimer);
    this.#dropConsumer();
    this.#started.resolve();
  }

  #reopen(waitMs: number): void {
    clearTimeout(this.#reopenTimer);
    this.#dropConsumer();
    if (!this.#running) return;
    this.#reopenTimer = setTimeout(() => void this.#open(), waitMs);
  }

  #dropConsumer(): void {
    this.#attempt++;
    if (!this.#consumer) return;
    this.#lastSeenAtMs = this.lastSeenAtMs;
    this.#freshness?.stop();
    this.#freshness = undefined;
    this.#consumer.close();
    this.#consumer = undefined;
  }

  async #open(): Promise<void> {
    const attempt = ++this.#attempt;
    // While the connection is down, its return opens the next consumer.
    if (!this.#bus.isUp()) return;
    try {
      await this.#checkTruncation(attempt);
      if (attempt !== this.#attempt) return;
      this.#caughtUp = false;
      const consumer = await this.#openConsumer(attempt);
      if (attempt !== this.#attempt) return consumer.close();
      this.#consumer = consumer;
      this.#consumerOpenedAtMs = performance.now();
      this.#trackLeader();
      this.#reopenWaitMs = REOPEN_WAIT_MIN_MS;
      this.#started.resolve();
      this.#noteProgress(consumer.pendingAtStart);
    } catch {
      // Whatever the failure was, the next attempt meets it again; `lastSeenAtMs` tells the owner for how long.
      if (attempt === this.#attempt) this.#reopenLater();
    }
  }

  #reopenLater(): void {
    this.#reopen(this.#reopenWaitMs);
    this.#reopenWaitMs = Math.min(this.#reopenWaitMs * 2, REOPEN_WAIT_MAX_MS);
  }

  async #checkTruncation(attempt: number): Promise<void> {
    const { epoch, stream, onTruncated } = this.#options;
    const [askedAtMs, known] = [performance.now(), epoch?.()];
    const info = await streamInfo(this.#bus, stream);
    const isUnchanged = await this.#isUnchanged();
    if (attempt !== this.#attempt) return;
    const end = leaderEndOf(info, askedAtMs);
    this.#leaderEnd = info.config.num_replicas > 1 ? end : undefined;
    const isOtherEpoch = this.#isOtherEpoch(info, known) && (await this.#options.agreedEpoch?.()) !== known;
    if (attempt !== this.#attempt) return;
    if (end.last < this.#position || !isUnchanged || isOtherEpoch || this.#isReplaced) {
      assertProven(end, askedAtMs, stream);
      const last = Math.min(end.last, this.#readPosition - 1);
      this.#own.clear();
      this.#isReplaced = false;
      this.#position = end.last;
      this.#readPosition = end.last;
      this.#readTimeMs = Date.parse(info.state.last_ts);
      onTruncated?.(last);
    } else if (end.last === this.#readPosition) {
      this.#readTimeMs ??= Date.parse(info.state.last_ts);
    }
  }

  /** An epoch that its owner learned of while the stream was asked is not another epoch. */
  #isOtherEpoch(info: StreamInfo, known: string | undefined): boolean {
    return known !== undefined && known === this.#options.epoch?.() && !isSameEpoch(known, epochOf(info));
  }

  /** Whether the message at the read position is still the same on the leader; one that has expired proves nothing. */
  async #isUnchanged(): Promise<boolean> {
    const timeMs = this.#readTimeMs;
    if (timeMs === undefined || this.#readPosition === 0) return true;
    const message = await leaderGetAt(this.#bus, this.#options.stream, this.#readPosition);
    return message === undefined || message.timeMs === timeMs;
  }

  #trackLeader(): void {
    if (!this.#leaderEnd) return;
    const options = {
      stream: this.#options.stream,
      position: () => this.#position,
      isOtherEpoch: (info: StreamInfo) => this.#isOtherEpoch(info, this.#options.epoch?.()),
      onStale: () => this.#reopenLater(),
    };
    this.#freshness = new LeaderFreshness(this.#bus, options, this.#lastSeenAtMs, this.#leaderEnd);
  }

  #openConsumer(attempt: number): Promise<PushConsumer> {
    return PushConsumer.open(this.#bus, {
      stream: this.#options.stream,
      config: { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: this.#readPosition + 1 },
      onMessage: (message, pending) => {
        if (attempt === this.#attempt) this.#onMessage(message, pending);
      },
      backpressure: this.#options.backpressure,
      onBroken: () => {
        if (attempt === this.#attempt) this.#reopenLater();
      },
    });
  }

  #onMessage(message: StoredMessage, pending: number): void {
    if (!this.#own.confirm(message)) {
      this.#isReplaced = true;
      this.#reopen(0);
      return;
    }
    if (message.position > this.#readPosition) {
      this.#readPosition = message.position;
      this.#readTimeMs = message.timeMs;
    }
    if (message.position > this.#position) this.#handOver(message);
    this.#noteProgress(pending);
  }

  #handOver(message: StoredMessage): void {
    this.#position = message.position;
    this.#options.onMessage(message);
    this.#freshness?.reached(this.#position);
  }

  /** A consumer on a lagging replica has nothing pending long before it has delivered everything. */
  #noteProgress(pending: number): void {
    if (this.#caughtUp || pending > 0 || this.#position < (this.#leaderEnd?.last ?? 0)) return;
    this.#caughtUp = true;
    this.#options.onCaughtUp?.();
  }
}
