import { parseEventSubject } from '../../proto/subject.js';
import type { Bus } from '../nats/bus.js';
import { Follower } from '../nats/read/follower.js';
import { provenEnd } from '../nats/read/log-reader.js';
import type { StoredMessage } from '../nats/stored-message.js';
import { eventStream } from '../nats/streams.js';
import { EventMemory } from './event-memory.js';
import { resolveEpoch } from './log-epochs.js';
import { LogEvent } from './log-event.js';
import { RecentTail } from './recent-tail.js';

export interface PartitionReaderDeps {
  bus: Bus;
  partition: number;
  /** Position before the first event to read: the end of the log when the broker starts. */
  after: number;
  onEvent(event: LogEvent): void;
  /** Returns the epoch that the log is expected to have; undefined while a new one is being agreed on. */
  epoch(): string | undefined;
  /** Called when the log is not the one that was read: it was restored, truncated, or given another epoch. */
  onTruncated(): void;
}

/**
 * The one ordered, unfiltered reader of a partition in this process: every subscription of the broker is served from
 * it. `head` is the last position dispatched.
 */
export class PartitionReader {
  readonly partition: number;
  readonly recent: RecentTail;
  readonly #bus: Bus;
  readonly #follower: Follower;
  readonly #onEvent: (event: LogEvent) => void;
  /** Subjects repeat: each is parsed once, and equal entry ids then share one string. */
  readonly #entries = new Map<string, string>();
  readonly #memory = new EventMemory();
  readonly #waiters = new Set<() => void>();

  constructor(deps: PartitionReaderDeps) {
    this.partition = deps.partition;
    this.#bus = deps.bus;
    this.recent = new RecentTail(deps.after);
    this.#onEvent = deps.onEvent;
    this.#follower = new Follower(deps.bus, {
      stream: eventStream(deps.partition),
      after: deps.after,
      epoch: deps.epoch,
      agreedEpoch: async () => (await resolveEpoch(deps.bus, deps.partition)).log,
      onMessage: (message) => this.#read(message),
      onTruncated: deps.onTruncated,
    });
  }

  get head(): number {
    return this.#follower.position;
  }

  start(): Promise<void> {
    return this.#follower.start();
  }

  /**
   * Takes the next event that this process has stored, whose bytes are from an `EventMemory`. It is dispatched without the way through
   * the store when nothing is missing before it.
   */
  stored(subject: string, position: number, data: Uint8Array, sentAtMs: number): void {
    this.#follower.wrote(position, sentAtMs);
    if (!this.#follower.takes(position, sentAtMs)) return;
    this.#follower.stored({ position, subject, data, mayBeKept: true, timeMs: Date.now() }, sentAtMs);
  }

  /** Checks again whether the log is still the one that was read. */
  recheck(): void {
    this.#follower.recheck();
  }

  async stop(): Promise<void> {
    await this.#follower.stop();
    for (const wake of this.#waiters) wake();
  }

  /** Whether the log reaches a position, here or only in the store: another process may have read it first. */
  async hasPosition(position: number): Promise<boolean> {
    return position <= this.head || position <= (await provenEnd(this.#bus, eventStream(this.partition)));
  }

  /** Resolves when the log has moved past a position, or after the timeout. */
  waitPast(position: number, timeoutMs: number): Promise<void> {
    if (this.head > position) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.#waiters.add(wake);
    });
  }

  #read(message: StoredMessage): void {
    const event = new LogEvent(message, this.#entryOf(message.subject), this.#memory);
    this.recent.push(event);
    this.#onEvent(event);
    if (this.#waiters.size > 0) for (const wake of this.#waiters) wake();
  }

  #entryOf(subject: string): string {
    let entry = this.#entries.get(subject);
    if (entry === undefined) {
      entry = parseEventSubject(subject).entry;
      this.#entries.set(subject, entry);
    }
    return entry;
  }
}
