import { setTimeout as pause } from 'node:timers/promises';
import { SluiceError } from '../../../proto/errors.js';
import type { Bus } from '../../nats/bus.js';
import { lastOf } from '../../nats/read/log-reader.js';
import { StoreFullError, WrongExpectedSequenceError } from '../../nats/store-errors.js';
import { CURSORS_STREAM } from '../../nats/streams.js';
import type { OutMessage } from '../../nats/write/out-message.js';
import type { Cursor } from './cursor.js';
import { decodeCursor, encodeCursor } from './cursor-record.js';

/** An atomic batch holds this many messages at most. */
const BATCH_CURSORS_MAX = 1000;
/** Acknowledgements that arrive meanwhile share one write; it bounds how late `acked` is on a busy broker. */
const PACE_MS = 50;
/** Between attempts while the store is away. */
const RETRY_MS = 250;
/** An older record than one's own is an answer from before, or the store has lost its tail: then it is told again and again. */
const OLDER_ANSWERS_MAX = 8;
/** What a drain may take before what is left is given up: it was never confirmed. */
const DRAIN_MS = 5000;

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Writes dirty cursors in atomic batches, one batch at a time, each cursor fenced by the sequence of its last record.
 * A fenced cursor is dropped from the batch and the rest are sent again.
 */
export class CursorCheckpoint {
  readonly #dirty = new Set<Cursor>();
  readonly #waiters = new Map<Cursor, Waiter[]>();
  #running: Promise<void> | undefined;
  #draining = false;

  constructor(
    private readonly bus: Bus,
    private readonly onCheckpoint: (cursors: number, ms: number) => void,
  ) {}

  add(cursor: Cursor): void {
    this.#dirty.add(cursor);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when the cursor as it is now is stored; rejects with SUPERSEDED when it is fenced. */
  writeNow(cursor: Cursor): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(cursor) ?? [];
      waiters.push({ resolve, reject });
      this.#waiters.set(cursor, waiters);
      this.add(cursor);
    });
  }

  /** Looks whether somebody else has taken the cursor. */
  check(cursor: Cursor): void {
    this.#reconcile(cursor).catch(() => this.add(cursor));
  }

  async drain(): Promise<void> {
    this.#draining = true;
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, DRAIN_MS).unref());
    if (this.#running) await Promise.race([this.#running, timeout]);
  }

  async #run(): Promise<void> {
    while (this.#dirty.size > 0) {
      const batch = this.#takeBatch();
      const started = performance.now();
      try {
        await this.#write(batch);
        this.onCheckpoint(batch.length, performance.now() - started);
        if (!this.#draining) await pause(PACE_MS);
      } catch (error) {
        await this.#recover(batch, error);
      }
    }
  }

  /** At most one of each subject: two claims on one cursor in a batch would refuse each other, and so for ever. */
  #takeBatch(): Cursor[] {
    const batch = new Map<string, Cursor>();
    for (const cursor of this.#dirty) {
      if (batch.size === BATCH_CURSORS_MAX) break;
      if (batch.has(cursor.subject)) continue;
      batch.set(cursor.subject, cursor);
      this.#dirty.delete(cursor);
    }
    return [...batch.values()];
  }

  async #write(batch: Cursor[]): Promise<void> {
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
    // Who waits since it moved on wants the newer position stored.
    if (!cursor.isDirty) this.#settleWaiters(cursor, (waiter) => waiter.resolve());
    if (position !== null) cursor.owner?.onStored(position);
  }

  /** After a refusal or an uncertain outcome: what the store says of each cursor decides. */
  async #recover(batch: Cursor[], error: unknown): Promise<void> {
    await pause(error instanceof WrongExpectedSequenceError ? PACE_MS : RETRY_MS);
    for (const cursor of batch) {
      try {
        await this.#reconcile(cursor);
      } catch {
        this.#giveUp(cursor, unavailable(cursor));
        continue;
      }
      if (error instanceof StoreFullError) this.#giveUp(cursor, error);
      if (!cursor.fenced && (cursor.isDirty || this.#waiters.has(cursor))) this.#dirty.add(cursor);
    }
  }

  /** Throws when the store can't be read. */
  async #reconcile(cursor: Cursor): Promise<void> {
    const message = await lastOf(this.bus, CURSORS_STREAM, cursor.subject);
    const stored = message && decodeCursor(message);
    if (!stored) cursor.revision = 0;
    if (!stored || stored.revision === cursor.revision) return;
    if (stored.revision < cursor.revision && ++cursor.staleReads < OLDER_ANSWERS_MAX) return;
    if (stored.record.claim === cursor.claim) this.#stored(cursor, stored.record.position, stored.revision);
    else this.fence(cursor);
  }

  /** Somebody else has taken the cursor: it is written no more. */
  fence(cursor: Cursor): void {
    cursor.fenced = true;
    this.#dirty.delete(cursor);
    const error = new SluiceError('SUPERSEDED', `cursor ${cursor.name} was taken over`, { grant: cursor.grant });
    this.#settleWaiters(cursor, (waiter) => waiter.reject(error));
    cursor.owner?.onFenced();
  }

  /** Who waits is told; an acknowledged position stays dirty and is tried again while the broker runs. */
  #giveUp(cursor: Cursor, error: Error): void {
    this.#settleWaiters(cursor, (waiter) => waiter.reject(error));
    if (!this.#draining && cursor.owner) this.#dirty.add(cursor);
  }

  #settleWaiters(cursor: Cursor, settleWaiters: (waiter: Waiter) => void): void {
    const waiters = this.#waiters.get(cursor);
    this.#waiters.delete(cursor);
    for (const waiter of waiters ?? []) settleWaiters(waiter);
  }
}

function unavailable({ grant }: Cursor): SluiceError {
  return new SluiceError('STORE_UNAVAILABLE', 'the cursor could not be stored', { grant });
}

function toMessage(cursor: Cursor): OutMessage {
  return { subject: cursor.subject, data: encodeCursor(cursor.record()), expectLastSubject: cursor.revision };
}
