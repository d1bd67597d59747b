import type { Receipt } from './receipt.js';
import { digest, type ReceiptOpening } from './receipt-record.js';
import type { ReceiptRegistry } from './receipt-registry.js';

/** A page that was handed out, or is about to be. */
export interface PolledRange {
  from: number;
  through: number;
}

interface SharedReceipt {
  receipt: Receipt;
  from: number;
  openedAtMs: number;
}

interface Poller {
  /** Everything granted from here up to `through` was handed out to this poller by this process. */
  through: number;
  polledAtMs: number;
  /** Undefined until the poller comes back for what follows its first page. */
  folded: SharedReceipt | undefined;
  /** Pages that come while the shared receipt is stored wait for the same one. */
  opening: Promise<SharedReceipt> | undefined;
  /** Pages that are being stored or handed out: the receipt is not closed under them. */
  inUse: number;
}

const FOLD_MS_MAX = 3_600_000;
/** A poller that was away for longer begins a new receipt; until then its receipt says "possibly delivered" of what follows. */
const IDLE_MS_MAX = 120_000;
const CLOSE_INTERVAL_MS = 30_000;
/** Per process. A further poller gets a receipt for each page. */
const POLLERS_MAX = 20_000;

/**
 * Folds the receipts of a poller into one per hour.
 *
 * A receipt for each page is two records, and a thousand pollers that ask once a second would store 21 GiB of them a day. So
 * the first page has a receipt of its own, and the pages that continue it share one, whose ceiling is stored before they go
 * out and whose totals are written with those of subscriptions. Invariant: a page joins a receipt only when nothing lies
 * between them, since a receipt says that everything granted in its range was sent.
 * Decision: docs/decisions/0051.
 */
export class PollerReceipts {
  readonly #pollers = new Map<string, Poller>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly registry: Pick<ReceiptRegistry, 'open' | 'close'>,
    private readonly clockMs: () => number = () => performance.now(),
  ) {}

  start(): void {
    this.#timer = setInterval(() => this.#closeDone(), CLOSE_INTERVAL_MS);
    this.#timer.unref();
  }

  /** Closes every shared receipt. */
  async drain(): Promise<void> {
    clearInterval(this.#timer);
    const closing = [...this.#pollers.values()].map((poller) => this.#close(poller, 'SHUTTING_DOWN'));
    this.#pollers.clear();
    await Promise.allSettled(closing);
  }

  /**
   * Resolves when a receipt that covers the page is stored. Then `handOut` decides in the same turn whether the page goes out;
   * when it throws, nothing counts as delivered.
   */
  async record(opening: ReceiptOpening, page: PolledRange, events: number, handOut: () => void): Promise<void> {
    const key = keyOf(opening);
    const poller = this.#pollers.get(key);
    if (!poller || !continues(poller, page)) return this.#recordAlone(key, opening, page, events, handOut);
    poller.inUse++;
    try {
      const { receipt } = await this.#shared(poller, opening, page);
      if (!receipt.covers(page.through)) await receipt.extendTo(page.through);
      handOut();
      poller.through = Math.max(poller.through, page.through);
      poller.polledAtMs = this.clockMs();
      receipt.sent(poller.through, events);
    } finally {
      poller.inUse--;
    }
  }

  /** A page without events needs no receipt, but the next one continues it. */
  passed(opening: ReceiptOpening, page: PolledRange): void {
    const poller = this.#pollers.get(keyOf(opening));
    if (!poller || !continues(poller, page)) return;
    poller.through = Math.max(poller.through, page.through);
    poller.polledAtMs = this.clockMs();
  }

  async #recordAlone(
    key: string,
    opening: ReceiptOpening,
    page: PolledRange,
    events: number,
    handOut: () => void,
  ): Promise<void> {
    const receipt = await this.registry.open(opening);
    if (!receipt.covers(page.through)) await receipt.extendTo(page.through);
    try {
      handOut();
    } catch (error) {
      await this.registry.close(receipt, 'REFUSED').catch(() => undefined);
      throw error;
    }
    receipt.sent(page.through, events);
    // The totals may be stored later: until then the page counts as possibly delivered.
    this.registry.close(receipt, 'PULLED').catch(() => undefined);
    this.#remember(key, page);
  }

  #remember(key: string, { through }: PolledRange): void {
    const known = this.#pollers.get(key);
    if (known?.inUse) return;
    if (known) void this.#close(known, 'PULLED');
    else if (this.#pollers.size >= POLLERS_MAX) return;
    this.#pollers.set(key, { through, polledAtMs: this.clockMs(), folded: undefined, opening: undefined, inUse: 0 });
  }

  async #shared(poller: Poller, opening: ReceiptOpening, { from }: PolledRange): Promise<SharedReceipt> {
    if (poller.folded) return poller.folded;
    poller.opening ??= this.registry
      .open({ ...opening, from })
      .then((receipt) => ({ receipt, from, openedAtMs: this.clockMs() }))
      .finally(() => {
        poller.opening = undefined;
      });
    poller.folded = await poller.opening;
    return poller.folded;
  }

  #closeDone(): void {
    const now = this.clockMs();
    for (const [key, poller] of this.#pollers) {
      const isIdle = now - poller.polledAtMs > IDLE_MS_MAX;
      const isOld = poller.folded !== undefined && now - poller.folded.openedAtMs > FOLD_MS_MAX;
      if (poller.inUse > 0 || !(isIdle || isOld)) continue;
      this.#pollers.delete(key);
      void this.#close(poller, 'PULLED');
    }
  }

  /** A close that cannot be stored leaves the receipt open, which is the safe reading. */
  async #close({ folded }: Poller, reason: string): Promise<void> {
    if (folded) await this.registry.close(folded.receipt, reason).catch(() => undefined);
  }
}

/** A page joins what was polled before when it begins within it or right at its end. */
function continues({ folded, through }: Poller, page: PolledRange): boolean {
  return folded ? page.from >= folded.from && page.from <= through : page.from === through;
}

/** Pages of one reader under one version of its grant, in one epoch of the log. */
function keyOf({ grant, system, cursor, grantSeq, log, narrow }: ReceiptOpening): string {
  // As a digest: twenty thousand pollers may each narrow by a list as long as an address.
  const narrowing = digest(Buffer.from(JSON.stringify(narrow)));
  return JSON.stringify([grant, system, cursor, grantSeq, log, narrowing]);
}
