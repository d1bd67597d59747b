import { NOTICE_INTERVAL_MS } from '../../proto/async/spaced-reports.js';
import { randomId } from '../../proto/random-id.js';
import { receiptSubject } from '../../proto/subject.js';
import type { Bus } from '../nats/bus.js';
import { DuplicateInBatchError, WrongExpectedSequenceError } from '../nats/store-errors.js';
import { RECEIPTS_STREAM } from '../nats/stream-names.js';
import { SINGLES_MAX } from '../nats/write/publisher.js';
import { digest, type ReceiptRecord } from './receipt-record.js';

type Omitted = 'broker' | 'n' | 'prev' | 'time';
type DistributiveOmit<T, K extends keyof never> = T extends unknown ? Omit<T, K> : never;
/** A record before the chain has given it its number. */
export type ReceiptAct = DistributiveOmit<ReceiptRecord, Omitted>;

/** The digest of the newest of so many records, which holds those of all before it. */
export interface ChainHead {
  digest: string;
  records: number;
}

export interface ReceiptChainDeps {
  bus: Pick<Bus, 'publisher'>;
  /** Called for each record that the store has taken. */
  onStored(): void;
  /** Called now and then while the store does not take records, and at the end if it never took them. */
  warn(message: string, error?: unknown): void;
}

interface Link {
  subject: string;
  data: Uint8Array;
  id: string;
  appendedAtMs: number;
  /** The chain up to this record. */
  head: ChainHead;
  resolve(): void;
  reject(error: unknown): void;
}

const BATCH_RECORDS_MAX = 500;
/** Batches after one that met records of another broker, which would refuse each of those that expect to be alone. */
const BATCHES_AFTER_OTHERS = 100;
const RETRY_MS = 250;
/** Records waiting for the store: beyond it subscriptions are refused rather than delivered without a receipt. */
const WAITING_RECORDS_MAX = 50_000;

/**
 * Appends this broker's receipt records in order and in batches, each with the digest of the one before.
 *
 * Invariants: records are stored in the order of the calls; a batch is retried until the store takes it, since a
 * missing link would look like tampering; above `WAITING_RECORDS_MAX` subscriptions are refused rather than delivered
 * without a receipt.
 */
export class ReceiptChain {
  /** One chain per run of a broker: a chain that a crash interrupted is never continued. */
  readonly broker = `b-${randomId()}`;
  readonly #waiting: Link[] = [];
  #refusalReportedMs = Number.NEGATIVE_INFINITY;
  #head = '';
  #count = 0;
  #stored: ChainHead = { digest: '', records: 0 };
  #sealedRecords = 0;
  /** When the first record was appended that is not sealed. */
  #unsealedSinceMs: number | undefined;
  #writing: Promise<void> | undefined;
  /** Id of the record that was stored last; undefined while that is not certain. */
  #lastId: string | undefined;
  /** Writes until few records are stored one by one again. */
  #batchesLeft = 0;
  #stopped = false;

  constructor(private readonly deps: ReceiptChainDeps) {}

  /** The part that the store has, and that may be sealed: a seal over records that are lost would read as records that were removed. */
  get head(): ChainHead {
    return this.#stored;
  }

  /** Records that are not sealed in the ledger yet, and the time of the oldest. */
  get unsealed(): { records: number; oldestAtMs: number | undefined } {
    return { records: this.#count - this.#sealedRecords, oldestAtMs: this.#unsealedSinceMs };
  }

  /** Whether the store has records that are not sealed. */
  get isSealable(): boolean {
    return this.#stored.records > this.#sealedRecords;
  }

  /** When the oldest record was appended that the store has not taken; undefined without one. */
  get waitingSinceMs(): number | undefined {
    return this.#waiting[0]?.appendedAtMs;
  }

  /** A head is in the ledger; no record after it is older than `restSinceMs`. */
  sealed({ records }: ChainHead, restSinceMs: number): void {
    this.#sealedRecords = records;
    this.#unsealedSinceMs = records === this.#count ? undefined : restSinceMs;
  }

  get isFull(): boolean {
    return this.#waiting.length >= WAITING_RECORDS_MAX;
  }

  /** Resolves when the record is stored. Records are stored in the order of the calls. */
  append(party: string, grant: string, act: ReceiptAct): Promise<void> {
    const n = ++this.#count;
    const appendedAtMs = Date.now();
    // The spread comes last: before the others it would make a hidden class for each record (docs/decisions/0266).
    const record = { broker: this.broker, n, prev: this.#head, time: new Date(appendedAtMs).toISOString(), ...act };
    const data = Buffer.from(JSON.stringify(record));
    this.#head = digest(data);
    const head = { digest: this.#head, records: n };
    this.#unsealedSinceMs ??= appendedAtMs;
    return new Promise((resolve, reject) => {
      const id = `receipt/${this.broker}/${record.n}`;
      this.#waiting.push({ subject: receiptSubject(party, grant), data, id, appendedAtMs, head, resolve, reject });
      this.#startWriting();
    });
  }

  /** Waits for appended records; those that the store does not take in time are lost, and their receipts look open. */
  async drain(deadlineMs: number): Promise<void> {
    const deadline = pause(deadlineMs);
    while (this.#writing && !this.#stopped) {
      await Promise.race([this.#writing, deadline.then(() => this.#stop())]);
    }
    // Here, since the process may end before the attempt in flight does.
    const lost = this.#waiting.length;
    if (lost > 0)
      this.deps.warn(`receipt records that were never stored: ${lost}; deliveries under them read as possible ones`);
  }

  #stop(): void {
    this.#stopped = true;
  }

  #startWriting(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
      // A record that was appended when the last one was answered, and before this ran, would wait for the next append.
      if (this.#waiting.length > 0) this.#startWriting();
    });
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#stopped) {
      const batch = this.#waiting.slice(0, BATCH_RECORDS_MAX);
      try {
        await this.#store(batch);
      } catch (error) {
        // The chain must not lose a link: the same batch is tried until the store is back.
        this.#reportRefusal(error);
        await pause(RETRY_MS);
        continue;
      }
      this.#waiting.splice(0, batch.length);
      for (const link of batch) {
        this.#stored = link.head;
        this.deps.onStored();
        link.resolve();
      }
    }
    for (const link of this.#waiting.splice(0))
      link.reject(new Error('the broker stopped before the receipt was stored'));
  }

  #reportRefusal(error: unknown): void {
    const nowMs = performance.now();
    if (nowMs - this.#refusalReportedMs < NOTICE_INTERVAL_MS) return;
    this.#refusalReportedMs = nowMs;
    this.deps.warn(`stream ${RECEIPTS_STREAM} takes no receipts; records that wait: ${this.#waiting.length}`, error);
  }

  async #store(batch: Link[]): Promise<void> {
    const isFew = batch.length > 1 && batch.length <= SINGLES_MAX;
    if (!isFew || !(await this.#storeFew(batch))) await this.#storeBatch(batch);
    this.#lastId = batch.at(-1)?.id;
  }

  /**
   * Stores few records, for which an atomic batch costs the store several times as much (docs/decisions/0425). False when another
   * broker has written to the stream since: a part of them may be stored then.
   */
  async #storeFew(batch: Link[]): Promise<boolean> {
    const { publisher } = this.deps.bus;
    const after = this.#lastId;
    if (!publisher.isOfSingleServer || after === undefined || this.#batchesLeft-- > 0) return false;
    this.#lastId = undefined;
    try {
      await publisher.publishChain(batch, after);
      return true;
    } catch (error) {
      if (!(error instanceof WrongExpectedSequenceError)) throw error;
      this.#batchesLeft = BATCHES_AFTER_OTHERS;
      return false;
    }
  }

  async #storeBatch(batch: Link[]): Promise<void> {
    const { publisher } = this.deps.bus;
    const [only] = batch;
    if (batch.length === 1 && only) {
      await publisher.publish(only);
      return;
    }
    try {
      await publisher.publishBatch(batch);
    } catch (error) {
      // An attempt whose outcome was uncertain did store them: one by one the stored ones answer as duplicates.
      if (!(error instanceof DuplicateInBatchError)) throw error;
      for (const link of batch) await publisher.publish(link);
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
