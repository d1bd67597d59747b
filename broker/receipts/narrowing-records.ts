import { LruMap } from '../../proto/collections/lru-map.js';
import { randomId } from '../../proto/random-id.js';
import type { ReceiptChain } from './receipt-chain.js';
import { digest, type OpenedNarrowing, type ReceiptOpening } from './receipt-record.js';

/** Shorter texts stay in their receipts: a reference takes nearly as much. */
const INLINE_BYTES_MAX = 128;
/** Narrowings that a process remembers to have recorded; a forgotten one is recorded once more. */
const REMEMBERED_MAX = 20_000;

/**
 * Puts each narrowing on record once.
 *
 * A narrowing may list ten thousand keys, and a receipt is opened whenever a subscription is: with the narrowing in each, one client that
 * opens and closes a subscription would store half a megabyte for ever each time. So the first receipt under a grant that
 * has it is preceded by a record of the narrowing, in the same chain, and the receipts name its digest. Decision: docs/decisions/0377.
 *
 * Invariant: a receipt that names a digest stands behind the record of it, since a chain is stored in the order of its calls.
 */
export class NarrowingRecords {
  readonly #recorded = new LruMap<string, true>(REMEMBERED_MAX);

  constructor(
    private readonly chain: Pick<ReceiptChain, 'append'>,
    /** Counts bytes that a system puts on record. Throws when they are too many. */
    private readonly take: (system: string, bytes: number) => void,
  ) {}

  /** Returns how the receipt states its narrowing, which is on record by the time the receipt is. Throws what `take` throws. */
  of({ party, grant, system, narrow }: ReceiptOpening): OpenedNarrowing {
    const text = JSON.stringify(narrow);
    if (text.length <= INLINE_BYTES_MAX) return { narrow };
    const bytes = Buffer.from(text);
    const narrowing = digest(bytes);
    const key = `${grant} ${narrowing}`;
    if (this.#recorded.get(key)) return { narrowing };
    this.take(system, bytes.length);
    this.#recorded.set(key, true);
    // Refused only when the broker stops, and then what is appended behind it is as well.
    const record = { receipt: randomId(), act: 'narrowing', narrowing, narrow } as const;
    this.chain.append(party, grant, record).catch(() => undefined);
    return { narrowing };
  }
}
