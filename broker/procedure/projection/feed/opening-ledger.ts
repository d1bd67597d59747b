import type { Fold, Ledger } from '../../../ledger/ledger.js';
import { storedBytesAfter } from '../../../ledger/read-ledger.js';
import type { LedgerRecord } from '../../../ledger/record.js';
import type { Bus } from '../../../nats/bus.js';

/**
 * The ledger as the projection reads it, also before it is open: what a start folds goes to the thread at the same time. Read once more
 * for it, after the fold, 1.5 million records took another three minutes. Decision: docs/decisions/0199.
 */
export class OpeningLedger implements Pick<Ledger, 'head' | 'bytesAfter' | 'onRecord'> {
  readonly #listeners = new Set<Fold>();
  #head = 0;

  constructor(private readonly bus: Bus) {}

  readonly fold = (record: LedgerRecord, bytes: Uint8Array): void => {
    this.#head = record.seq;
    for (const listener of this.#listeners) listener(record, bytes);
  };

  /** The ledger is open; a checkpoint stands for records that were not folded. */
  opened({ head }: Pick<Ledger, 'head'>): void {
    this.#head = Math.max(this.#head, head);
  }

  get head(): number {
    return this.#head;
  }

  bytesAfter(seq: number, limit?: number): Promise<Uint8Array[]> {
    return storedBytesAfter(this.bus, seq, limit);
  }

  onRecord(fn: Fold): () => void {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }
}
