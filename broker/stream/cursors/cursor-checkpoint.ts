import { setTimeout as pause } from 'node:timers/promises';
import { SluiceError } from '../../../proto/errors.js';
import type { Bus } from '../../nats/bus.js';
import { lastOf } from '../../nats/read/leader-get.js';
import { StoreFullError, WrongExpectedSequenceError } from '../../nats/store-errors.js';
import { CURSORS_STREAM } from '../../nats/streams.js';
import type { OutMessage } from '../../nats/write/out-message.js';
import { SINGLES_MAX } from '../../nats/write/publisher.js';
import type { Cursor } from './cursor.js';
import { decodeCursor, encodeCursor, type StoredCursor } from './cursor-record.js';

/** Limit of the store for an atomic batch. */
const BATCH_CURSORS_MAX = 1000;
/**
 * Acknowledgements that arrive in this interval share one write, and those of one cursor are one record; it bounds how late `acked`
 * is while many acknowledge. What somebody waits for, a claim above all, is written at once: a subscribe would wait for half of
 * the interval and more. Decision: docs/decisions/0430.
 */
const CHECKPOINT_INTERVAL_MS = 250;
/** Time after which a batch with a cursor that somebody else has claimed is written again without it. */
const CONFLICT_RETRY_MS = 50;
/** Interval of attempts while the store is unavailable. */
const RETRY_MS = 250;
/**
 * An older record than the one that was written is a stale read from a lagging replica, unless the store was truncated: then
 * every read returns it, and after this many it is believed.
 */
const STALE_READS_MAX = 8;
/** Time limit of a drain. Acknowledgements that are left then were never confirmed to their subscribers. */
const DRAIN_MS = 5000;

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Makes acknowledged positions durable.
 *
 * Thousands of subscribers acknowledge many times a second, and a write for each would cost the store as much as the events.
 * So a cursor only becomes dirty, and all dirty cursors are written together, one atomic batch at a time, or one by one where they
 * are few (docs/decisions/0425).
 *
 * Invariants: `acked` is sent after the position is on disk and never before. Each write expects the revision that the cursor
 * has in the store, so that a holder that was superseded cannot move it back: it is fenced, and the rest of its batch is
 * written again without it. After an uncertain outcome the stored record decides.
 */
export class CursorCheckpoint {
  readonly #dirty = new Set<Cursor>();
  readonly #waiters = new Map<Cursor, Waiter[]>();
  #running: Promise<void> | undefined;
  /** From then on cursors are written that nobody waits for. */
  #allDueAtMs = 0;
  #wake: (() => void) | undefined;
  #draining = false;

  constructor(
    private readonly bus: Bus,
    private readonly onCheckpoint: (cursors: number, ms: number) => void,
  ) {}

  add(cursor: Cursor): void {
    this.#dirty.add(cursor);
    this.#running ??= this.#run();
  }

  /** Resolves when the present position of the cursor is stored; rejects with SUPERSEDED when it is fenced. */
  writeNow(cursor: Cursor): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(cursor) ?? [];
      waiters.push({ resolve, reject });
      this.#waiters.set(cursor, waiters);
      this.add(cursor);
      this.#wake?.();
    });
  }

  /** Reads whether another holder has claimed the cursor, and fences it then. */
  check(cursor: Cursor): void {
    this.#reconcile(cursor).catch(() => this.add(cursor));
  }

  async drain(): Promise<void> {
    this.#draining = true;
    this.#wake?.();
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, DRAIN_MS).unref());
    if (this.#running) await Promise.race([this.#running, timeout]);
  }

  async #run(): Promise<void> {
    while (this.#dirty.size > 0) {
      const batch = this.#takeBatch();
      if (batch.length === 0) {
        await this.#untilDue();
        continue;
      }
      if (this.bus.publisher.isOfSingleServer && batch.length <= SINGLES_MAX)
        await Promise.all(batch.map((cursor) => this.#write([cursor])));
      else await this.#write(batch);
    }
    // In the turn in which nothing was dirty: a cursor that is added a moment later starts the loop again.
    this.#running = undefined;
  }

  /**
   * Takes the cursors that somebody waits for, such as claims, and once per interval all others with them. At most one per
   * subject: two claims on one cursor in a batch would refuse each other for ever.
   */
  #takeBatch(): Cursor[] {
    const batch = new Map<string, Cursor>();
    const take = (cursor: Cursor): void => {
      if (batch.size === BATCH_CURSORS_MAX || batch.has(cursor.subject) || !this.#dirty.delete(cursor)) return;
      batch.set(cursor.subject, cursor);
    };
    for (const cursor of this.#waiters.keys()) take(cursor);
    const now = performance.now();
    if (!this.#draining && now < this.#allDueAtMs) return [...batch.values()];
    for (const cursor of this.#dirty) take(cursor);
    // A full batch leaves cursors that are due as well.
    if (batch.size < BATCH_CURSORS_MAX) this.#allDueAtMs = now + CHECKPOINT_INTERVAL_MS;
    return [...batch.values()];
  }

  /** Resolves when the interval is over, or somebody waits for a cursor. */
  #untilDue(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#allDueAtMs - performance.now());
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #write(batch: Cursor[]): Promise<void> {
    const started = performance.now();
    try {
      await this.#send(batch);
      this.onCheckpoint(batch.length, performance.now() - started);
    } catch (error) {
      await this.#recover(batch, error);
    }
  }

  async #send(batch: Cursor[]): Promise<void> {
    const written = batch.map((cursor) => cursor.position);
    const messages = batch.map(toMessage);
    const [single] = messages;
    if (messages.length === 1 && single) {
      const ack = await this.bus.publisher.publish(single);
      this.#stored(batch[0] as Cursor, written[0] ?? null, ack.position);
      return;
    }
    const ack = await this.bus.publisher.publishBatch(messages);
    const first = ack.lastPosition - ack.count + 1;
    batch.forEach((cursor, i) => {
      this.#stored(cursor, written[i] ?? null, first + i);
    });
  }

  #stored(cursor: Cursor, position: number | null, revision: number): void {
    cursor.revision = revision;
    cursor.staleReads = 0;
    cursor.stored = position;
    // When the cursor has moved since, the waiters wait for the newer position.
    if (!cursor.isDirty) this.#settleWaiters(cursor, (waiter) => waiter.resolve());
    if (position !== null) cursor.owner?.onStored(position);
  }

  /** Resolves a refused write or one of uncertain outcome by the record that the store has of each cursor. */
  async #recover(batch: Cursor[], error: unknown): Promise<void> {
    await pause(error instanceof WrongExpectedSequenceError ? CONFLICT_RETRY_MS : RETRY_MS);
    for (const cursor of batch) {
      try {
        await this.#reconcile(cursor);
      } catch {
        this.#rejectWaiters(cursor, unavailable(cursor));
        continue;
      }
      if (error instanceof StoreFullError) this.#rejectWaiters(cursor, error);
      if (!cursor.fenced && (cursor.isDirty || this.#waiters.has(cursor))) this.#dirty.add(cursor);
    }
  }

  /** Throws when the store can't be read. */
  async #reconcile(cursor: Cursor): Promise<void> {
    const message = await lastOf(this.bus, CURSORS_STREAM, cursor.subject);
    const stored = message && decodeCursor(message);
    if (!stored) cursor.revision = 0;
    if (!stored || stored.revision === cursor.revision) return;
    if (stored.revision < cursor.revision && ++cursor.staleReads < STALE_READS_MAX) return;
    if (stored.record.claim === cursor.claim) this.#stored(cursor, stored.record.position, stored.revision);
    else if (stored.revision < cursor.revision && stored.record.at < cursor.claimedAt) this.#claimAgain(cursor, stored);
    else this.fence(cursor);
  }

  /** The store was truncated and has lost this claim, which is newer than the one that it has: nobody superseded it. */
  #claimAgain(cursor: Cursor, stored: StoredCursor): void {
    cursor.revision = stored.revision;
    cursor.staleReads = 0;
    this.add(cursor);
  }

  /** Stops writing a cursor that another holder has claimed, and tells its owner. */
  fence(cursor: Cursor): void {
    cursor.fenced = true;
    this.#dirty.delete(cursor);
    const error = new SluiceError('SUPERSEDED', `cursor ${cursor.name} was claimed by another session`, {
      grant: cursor.grant,
    });
    this.#settleWaiters(cursor, (waiter) => waiter.reject(error));
    cursor.owner?.onFenced();
  }

  /** Rejects the waiters. The acknowledged position of an open subscription stays dirty and is tried again. */
  #rejectWaiters(cursor: Cursor, error: Error): void {
    this.#settleWaiters(cursor, (waiter) => waiter.reject(error));
    if (!this.#draining && cursor.owner) this.#dirty.add(cursor);
  }

  #settleWaiters(cursor: Cursor, settle: (waiter: Waiter) => void): void {
    const waiters = this.#waiters.get(cursor);
    this.#waiters.delete(cursor);
    for (const waiter of waiters ?? []) settle(waiter);
  }
}

function unavailable({ grant }: Cursor): SluiceError {
  return new SluiceError('STORE_UNAVAILABLE', 'the cursor could not be stored, acknowledge again', { grant });
}

function toMessage(cursor: Cursor): OutMessage {
  return { subject: cursor.subject, data: encodeCursor(cursor.record()), expectLastSubject: cursor.revision };
}
