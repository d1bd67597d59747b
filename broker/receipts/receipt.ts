import { randomId } from '../../proto/random-id.js';
import type { ReceiptChain } from './receipt-chain.js';
import type { OpenedNarrowing, ReceiptOpening, ReceiptTotals } from './receipt-record.js';

/** Positions that a receipt allows ahead of what was sent; a new ceiling is requested at half of it. */
const CEILING_STEP = 1_000_000;

/** The receipt of one subscription: opened before anything is sent, updated with totals, closed at the end. */
export class Receipt {
  readonly id = randomId();
  #ceiling: number;
  #through: number;
  #sent = 0;
  #acked = 0;
  #written: ReceiptTotals;
  #extending: Promise<void> | undefined;
  #closed = false;

  private constructor(
    private readonly chain: ReceiptChain,
    private readonly opening: Pick<ReceiptOpening, 'party' | 'grant' | 'from'>,
  ) {
    this.#ceiling = opening.from + CEILING_STEP;
    this.#through = opening.from;
    this.#written = this.#totals();
  }

  /** Resolves when the opening is stored: only then may anything be sent. */
  static async open(chain: ReceiptChain, opening: ReceiptOpening, narrowing: OpenedNarrowing): Promise<Receipt> {
    const { narrow: _narrow, ...opened } = opening;
    const receipt = new Receipt(chain, opened);
    const { party, grant } = opening;
    const record = { receipt: receipt.id, act: 'open', ceiling: receipt.#ceiling, ...opened, ...narrowing } as const;
    await chain.append(party, grant, record);
    return receipt;
  }

  /** Whether everything up to a position may be sent; if not, call `extendTo` first. */
  covers(through: number): boolean {
    return through <= this.#ceiling;
  }

  sent(through: number, events: number): void {
    this.#through = through;
    this.#sent += events;
    // Requested well ahead, so that a busy subscription never waits; a caller that has to wait meets the refusal again.
    if (through > this.#ceiling - CEILING_STEP / 2) this.extendTo(through).catch(() => undefined);
  }

  acked(position: number): void {
    if (position > this.#acked) this.#acked = position;
  }

  /** Resolves when the ceiling is a step above `through`. */
  extendTo(through: number): Promise<void> {
    this.#extending ??= this.#extend(through + CEILING_STEP).finally(() => {
      this.#extending = undefined;
    });
    return this.#extending;
  }

  /** Writes the totals when something was sent or acknowledged since the last time. */
  async write(): Promise<void> {
    if (this.#closed || (this.#sent === this.#written.sent && this.#acked === this.#written.acked)) return;
    this.#written = this.#totals();
    await this.#append({ act: 'range', ...this.#written });
  }

  /** `through` is the last position that was sent. */
  async close(reason: string): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#append({ act: 'close', reason, ...this.#totals() });
  }

  #totals(): ReceiptTotals {
    return { through: this.#through, sent: this.#sent, acked: this.#acked };
  }

  async #extend(ceiling: number): Promise<void> {
    await this.#append({ act: 'extend', ceiling });
    this.#ceiling = ceiling;
  }

  #append(
    act:
      | { act: 'extend'; ceiling: number }
      | ({ act: 'range' } & ReceiptTotals)
      | ({ act: 'close'; reason: string } & ReceiptTotals),
  ): Promise<void> {
    return this.chain.append(this.opening.party, this.opening.grant, { receipt: this.id, ...act });
  }
}
