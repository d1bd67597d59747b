import { SluiceError } from '../../proto/errors.js';
import { randomId } from '../../proto/random-id.js';
import { NarrowingRecords } from './narrowing-records.js';
import { Receipt } from './receipt.js';
import { ReceiptChain, type ReceiptChainDeps } from './receipt-chain.js';
import type { ReceiptOpening } from './receipt-record.js';

/** Bounds how late the totals of an open receipt are. */
const WRITE_INTERVAL_MS = 10_000;
const DRAIN_MS = 5_000;

export type SkippedPositions = Omit<ReceiptOpening, 'session' | 'encoding' | 'narrow'> & { through: number };

export interface ReceiptRegistryDeps extends ReceiptChainDeps {
  /** Counts bytes of narrowings that a system puts on record. Throws when they are too many. */
  takeNarrowing(system: string, bytes: number): void;
}

/** All open receipts of this broker. */
export class ReceiptRegistry {
  readonly chain: ReceiptChain;
  readonly #open = new Set<Receipt>();
  readonly #narrowings: NarrowingRecords;
  #timer: NodeJS.Timeout | undefined;

  constructor({ takeNarrowing, ...deps }: ReceiptRegistryDeps) {
    this.chain = new ReceiptChain(deps);
    this.#narrowings = new NarrowingRecords(this.chain, takeNarrowing);
  }

  start(): void {
    this.#timer = setInterval(() => this.#writeAll(), WRITE_INTERVAL_MS);
    this.#timer.unref();
  }

  async open(opening: ReceiptOpening): Promise<Receipt> {
    if (this.chain.isFull) throw new SluiceError('STORE_UNAVAILABLE', 'receipts cannot be stored at the moment');
    const receipt = await Receipt.open(this.chain, opening, this.#narrowings.of(opening));
    this.#open.add(receipt);
    return receipt;
  }

  /** Resolves when it is recorded that the positions in (from, through] were skipped. */
  async recordSkipped({ party, grant, ...skipped }: SkippedPositions): Promise<void> {
    const receipt = randomId();
    await this.chain.append(party, grant, { receipt, act: 'skipped', party, grant, ...skipped });
  }

  async close(receipt: Receipt, reason: string): Promise<void> {
    this.#open.delete(receipt);
    await receipt.close(reason);
  }

  async drain(): Promise<void> {
    clearInterval(this.#timer);
    await this.chain.drain(DRAIN_MS);
  }

  /** A record that is refused while the broker stops leaves its receipt open, which is the safe reading. */
  #writeAll(): void {
    for (const receipt of this.#open) receipt.write().catch(() => undefined);
  }
}
