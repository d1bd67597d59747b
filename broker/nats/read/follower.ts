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
import { isSameMessage, OwnMessages } from './own-messages.js';
import { OwnRun } from './own-run.js';
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
/** How long nothing of this process may be written before the stream is read again: others may write by now. */
const UNREAD_SILENCE_MS_MAX = 150;
const UNREAD_POLL_MS = 50;
/** How often it is checked that a stream which is not read holds what its writer handed over. */
const UNREAD_CHECK_INTERVAL_MS = 2_000;

/**
 * Follows a whole stream through every interruption.
 *
 * A consumer of JetStream ends with its server, loses messages on a full connection, and on a replica may lag behind
 * without an error. Acknowledging each message to a durable consumer would cost a write per message. Instead each
 * attempt opens an ephemeral consumer after the last position, and any gap or silence ends the attempt.
 *
 * A message that this process stored itself need not make the way through the consumer first: its writer hands it over, when nothing
 * is missing before it, and the consumer's copy is then only compared (docs/decisions/0100). While this process alone writes, and
 * much, the consumer is closed: the positions of its commits prove that nothing is missing, and the last one is compared every two
 * seconds, and when the stream is read again (docs/decisions/0387, docs/decisions/0421).
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
  readonly #ownRun = new OwnRun();
  /** The stream is not read: everything in it comes from writers of this process. */
  #isUnread = false;
  #unreadTimer: NodeJS.Timeout | undefined;
  /** The last message that was handed over while the stream was not read; undefined once it was compared. */
  #unproven: StoredMessage | undefined;
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
    if (!this.takes(message.position, sentAtMs)) return;
    if (this.#isUnread) {
      this.#unproven = message;
      // At that time the leader had nothing behind the message before this one.
      this.#lastSeenAtMs = sentAtMs;
    } else if (!this.#own.add(message)) return;
    this.#handOver(message);
  }

  /** Notes that this process has stored a message; to be called for each, in ascending order, before `takes`. */
  wrote(position: number, sentAtMs: number): void {
    const follows = this.#ownRun.add(position, sentAtMs);
    if (this.#isUnread) {
      if (!follows) this.#reopen(0);
    } else if (this.#ownRun.isLong && this.#mayStopReading(position)) this.#stopReading();
  }

  /** Whether `stored` would look at a message: most of a busy broker have come from the consumer before their acknowledgement. */
  takes(position: number, sentAtMs: number): boolean {
    if (position !== this.#position + 1 || this.#isReplaced) return false;
    return (this.#consumer !== undefined || this.#isUnread) && sentAtMs >= this.#consumerOpenedAtMs;
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

  /** With replicas the consumer is what shows that the leader is still the one that was written to. */
  #mayStopReading(position: number): boolean {
    const isRead = this.#consumer !== undefined && this.#position >= position - 1;
    return isRead && !this.#isReplaced && this.#leaderEnd === undefined;
  }

  #stopReading(): void {
    this.#dropConsumer();
    this.#own.clear();
    this.#isUnread = true;
    let nextCheckMs = performance.now() + UNREAD_CHECK_INTERVAL_MS;
    this.#unreadTimer = setInterval(() => {
      if (this.#ownRun.silentMs > UNREAD_SILENCE_MS_MAX) this.#reopen(0);
      else if (performance.now() > nextCheckMs) {
        nextCheckMs = performance.now() + UNREAD_CHECK_INTERVAL_MS;
        void this.#checkUnread();
      }
    }, UNREAD_POLL_MS);
  }

  /** Whatever is not as it was handed over, or cannot be asked, is left to the check before the stream is read again. */
  async #checkUnread(): Promise<void> {
    const attempt = this.#attempt;
    const isHeld = await this.#holdsUnproven(attempt).catch(() => false);
    if (!isHeld && attempt === this.#attempt) this.#reopen(0);
  }

  async #holdsUnproven(attempt: number): Promise<boolean> {
    const [own, known] = [this.#unproven, this.#options.epoch?.()];
    if (!own) return true;
    const info = await streamInfo(this.#bus, this.#options.stream);
    if (info.state.last_seq < own.position || this.#isOtherEpoch(info, known)) return false;
    return this.#prove(own, attempt);
  }

  #dropConsumer(): void {
    this.#attempt++;
    clearInterval(this.#unreadTimer);
    this.#isUnread = false;
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
    const isUnchanged = await this.#isUnchanged(attempt);
    if (attempt !== this.#attempt) return;
    const end = leaderEndOf(info, askedAtMs);
    this.#leaderEnd = info.config.num_replicas > 1 ? end : undefined;
    const isOtherEpoch = this.#isOtherEpoch(info, known) && (await this.#options.agreedEpoch?.()) !== known;
    if (attempt !== this.#attempt) return;
    if (end.last < this.#position || !isUnchanged || isOtherEpoch || this.#isReplaced) {
      assertProven(end, askedAtMs, stream);
      const last = Math.min(end.last, this.#readPosition - 1);
      this.#own.clear();
      this.#unproven = undefined;
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

  /** Whether the last message that was read, or handed over, is still the same on the leader; one that has expired proves nothing. */
  async #isUnchanged(attempt: number): Promise<boolean> {
    if (this.#unproven) return this.#prove(this.#unproven, attempt);
    const timeMs = this.#readTimeMs;
    if (timeMs === undefined || this.#readPosition === 0) return true;
    const message = await leaderGetAt(this.#bus, this.#options.stream, this.#readPosition);
    return message === undefined || message.timeMs === timeMs;
  }

  /** Compares a message that was handed over while the stream was not read: from there on it would be read again. */
  async #prove(own: StoredMessage, attempt: number): Promise<boolean> {
    const message = await leaderGetAt(this.#bus, this.#options.stream, own.position);
    if (message && !isSameMessage(own, message)) return false;
    if (attempt !== this.#attempt) return true;
    if (this.#unproven === own) this.#unproven = undefined;
    if (message) {
      this.#readPosition = own.position;
      this.#readTimeMs = message.timeMs;
    }
    return true;
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
