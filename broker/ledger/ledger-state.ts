import { Chain } from './chain.js';
import type { CheckpointHead } from './checkpoint/checkpoints.js';
import { LedgerBrokenError } from './ledger-errors.js';
import type { LedgerRecord } from './record.js';
import type { SubjectSequences } from './subject-sequences.js';

/** Takes one record, and the bytes that are stored of it. */
export type Fold = (record: LedgerRecord, bytes: Uint8Array) => void;

interface Waiter {
  seq: number;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * How far this broker has read the ledger: the chain, the folds, and the calls that await a record. Records come from
 * the follower and, right after their acknowledgement, from the appender; each is folded once, in order.
 */
export class LedgerState {
  broken: LedgerBrokenError | undefined;
  readonly #chain: Chain;
  readonly #folds: Set<Fold>;
  readonly #waiters = new Set<Waiter>();
  #isComplete = false;

  constructor(
    folds: readonly Fold[],
    /** Newest record of each subject. */
    private readonly subjects: SubjectSequences,
    /** The record that the folds begin after. */
    from?: CheckpointHead | undefined,
  ) {
    this.#folds = new Set(folds);
    this.#chain = new Chain(from?.head, from?.hash);
  }

  get head(): number {
    return this.#chain.head;
  }

  get hash(): string {
    return this.#chain.hash;
  }

  /** Whether the end of the ledger was reached once. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Sequence of the newest record of a subject, 0 for none. */
  lastOf(subject: string): number {
    return this.subjects.get(subject);
  }

  onRecord(fn: Fold): () => void {
    this.#folds.add(fn);
    return () => this.#folds.delete(fn);
  }

  /** Links and folds the record unless that has been done. Throws LedgerBrokenError. */
  take(seq: number, subject: string, bytes: Uint8Array): void {
    if (seq <= this.#chain.head || this.broken) return;
    const record = this.#chain.link(seq, subject, bytes);
    this.subjects.set(subject, seq);
    try {
      for (const fold of this.#folds) fold(record, bytes);
    } catch (error) {
      throw new LedgerBrokenError(seq, `it cannot be understood: ${(error as Error).message}`, { cause: error });
    }
    this.#resolveReached();
  }

  /** Resolves when record `seq` is folded; rejects when the ledger breaks or stops before. */
  reached(seq: number, withinMs: number): Promise<void> {
    if (this.broken) return Promise.reject(this.broken);
    if (this.#chain.head >= seq) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { seq, resolve: () => done(resolve), reject: (error) => done(() => reject(error)) };
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        settle();
      };
      const timer = setTimeout(() => waiter.reject(new Error(`record ${seq} did not come in time`)), withinMs);
      this.#waiters.add(waiter);
    });
  }

  /** Resolves when the end of the ledger was reached for the first time, however long that takes. */
  untilComplete(): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { seq: Number.POSITIVE_INFINITY, resolve, reject };
      this.#waiters.add(waiter);
    });
  }

  complete(): void {
    if (this.#isComplete) return;
    this.#isComplete = true;
    for (const waiter of [...this.#waiters]) {
      if (waiter.seq !== Number.POSITIVE_INFINITY) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  break(error: LedgerBrokenError): void {
    this.broken = error;
    this.stop(error);
  }

  stop(error: Error): void {
    for (const waiter of [...this.#waiters]) waiter.reject(error);
    this.#waiters.clear();
  }

  #resolveReached(): void {
    if (this.#waiters.size === 0) return;
    for (const waiter of [...this.#waiters]) if (waiter.seq <= this.#chain.head) waiter.resolve();
  }
}
