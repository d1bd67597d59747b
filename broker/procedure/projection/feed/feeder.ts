import type { RecordBatch } from '../thread-messages.js';

export interface FeederDeps {
  /** Stored bytes of the records after a sequence, in order, at least one if the ledger has one; empty at its end. */
  readAfter(seq: number): Promise<Uint8Array[]>;
  /** Newest record that was folded in this process. */
  head(): number;
  send(batch: RecordBatch): void;
  onFailed(error: unknown): void;
}

/** Records of one message to the thread, which are one transaction. */
const BATCH_RECORDS_MAX = 1_000;
/** Messages that the thread has not taken above which only whole ones are sent. */
const SMALL_BATCHES_MAX = 4;
/** Records that were folded and not sent; what does not fit is read from the ledger again. */
const WAITING_RECORDS_MAX = 100_000;
const WAITING_BYTES_MAX = 48 * 1024 * 1024;
/** From here on a start reads no more until some are sent. What the server has sent by then fits into the queue. */
const LOW_WATER_BYTES = 8 * 1024 * 1024;
/** A thread that takes nothing for so long, or does not start, does not hold up the start of the ledger. */
const STUCK_MS = 15_000;
/** Bytes that were sent and not taken. */
const UNTAKEN_BYTES_MAX = 16 * 1024 * 1024;
/** One in so many waiting records is dropped at once. */
const DROPPED_SHARE = 16;
const RETRY_MS = 500;

interface WaitingRecord {
  seq: number;
  bytes: Uint8Array;
}

/**
 * Sends the ledger's records to the thread, in order and without a gap. Records come from the fold of this process, right
 * when they are known, or, where the thread is further behind than the queue reaches back, from the ledger by pages.
 *
 * The fold is never held up: the queue drops its oldest records when it is full.
 */
export class Feeder {
  #waiting: WaitingRecord[] = [];
  #waitingBytes = 0;
  /** Undefined while there is no thread that takes records. */
  #sent: number | undefined;
  readonly #untaken: { last: number; bytes: number }[] = [];
  #untakenBytes = 0;
  #isRunning = false;
  #isStopped = false;
  /** The thread took nothing for a long time. */
  #isStuck = false;
  /** Called when a thread takes records, some were sent, or none will be. */
  readonly #listeners = new Set<() => void>();

  constructor(private readonly deps: FeederDeps) {}

  get sent(): number {
    return this.#sent ?? -1;
  }

  /** A record that was folded. */
  note(seq: number, bytes: Uint8Array): void {
    if (this.#isStopped || seq <= this.sent) return;
    this.#waiting.push({ seq, bytes });
    this.#waitingBytes += bytes.length;
    while (this.#waiting.length > WAITING_RECORDS_MAX || this.#waitingBytes > WAITING_BYTES_MAX)
      this.#drop(Math.ceil(this.#waiting.length / DROPPED_SHARE));
    // After the fold of a whole batch, so that it is one message.
    queueMicrotask(() => this.wake());
  }

  /** Backpressure of a start: undefined while more may be noted; otherwise resolves when they may, or the thread has taken nothing for 15 s. */
  backpressure(): Promise<void> | undefined {
    if (this.#hasCapacity) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        end();
        clearTimeout(timer);
        resolve();
      };
      const end = this.onSent(() => {
        if (this.#hasCapacity) done();
        else timer.refresh();
      });
      const timer = setTimeout(() => {
        this.#isStuck = true;
        done();
      }, STUCK_MS);
    });
  }

  get #hasCapacity(): boolean {
    return this.#waitingBytes < LOW_WATER_BYTES || this.#isStuck || this.#isStopped;
  }

  /** The thread has the records up to `head` and takes those after it. */
  startAt(head: number): void {
    this.#sent = head;
    this.#untaken.length = 0;
    this.#untakenBytes = 0;
    this.#notify();
    this.wake();
  }

  /** The thread is gone; nothing is sent until another one starts. */
  pause(): void {
    this.#sent = undefined;
  }

  taken(head: number): void {
    this.#isStuck = false;
    while (this.#untaken[0] && this.#untaken[0].last <= head) this.#untakenBytes -= this.#untaken.shift()?.bytes ?? 0;
    this.wake();
  }

  stop(): void {
    this.#isStopped = true;
    this.#waiting = [];
    this.#notify();
  }

  /** Calls `listener` whenever `sent` has grown; returns the function that ends it. */
  onSent(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** To be called when the ledger may have more than was sent. */
  wake(): void {
    if (this.#isRunning || this.#isStopped) return;
    void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let goesOn = true; goesOn && this.#canSend(); ) {
      const after = this.#sent as number;
      if (this.#untaken.length >= SMALL_BATCHES_MAX && this.#waiting.length < BATCH_RECORDS_MAX) break;
      const fromQueue = this.#takeWaiting(after);
      if (fromQueue.length > 0) this.#send(after, fromQueue);
      else goesOn = this.deps.head() > after && (await this.#sendPage(after));
    }
    // In the same turn as the last look at the queue, so that no record is noted in between.
    this.#isRunning = false;
  }

  #canSend(): boolean {
    return !this.#isStopped && this.#sent !== undefined && this.#untakenBytes < UNTAKEN_BYTES_MAX;
  }

  /** Waiting records that follow `after`, oldest first; older ones are dropped. */
  #takeWaiting(after: number): Uint8Array[] {
    const first = this.#waiting[0]?.seq ?? after + 1;
    if (first <= after) this.#drop(after + 1 - first);
    if (this.#waiting[0]?.seq !== after + 1) return [];
    return this.#drop(BATCH_RECORDS_MAX).map(({ bytes }) => bytes);
  }

  async #sendPage(after: number): Promise<boolean> {
    try {
      const page = await this.deps.readAfter(after);
      // Another thread may have started meanwhile.
      if (page.length > 0 && this.#sent === after) this.#send(after, page);
      return page.length > 0;
    } catch (error) {
      this.deps.onFailed(error);
      setTimeout(() => this.wake(), RETRY_MS).unref();
      return false;
    }
  }

  #send(after: number, records: readonly Uint8Array[]): void {
    const batch = packed(after + 1, records);
    const last = after + records.length;
    this.#sent = last;
    this.#untaken.push({ last, bytes: batch.bytes.length });
    this.#untakenBytes += batch.bytes.length;
    this.deps.send(batch);
    this.#notify();
  }

  /** Takes the oldest records out of the queue; they have no gap. */
  #drop(count: number): WaitingRecord[] {
    const dropped = this.#waiting.splice(0, count);
    for (const { bytes } of dropped) this.#waitingBytes -= bytes.length;
    return dropped;
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** One copy of all records, whose buffer is handed over to the thread. */
function packed(first: number, records: readonly Uint8Array[]): RecordBatch {
  const ends = new Uint32Array(records.length);
  const bytes = new Uint8Array(records.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const [index, record] of records.entries()) {
    bytes.set(record, end);
    end += record.length;
    ends[index] = end;
  }
  return { first, ends, bytes };
}
