import { addToCount } from '../../../proto/collections/add-to-count.js';
import { QuotaError } from '../../parties/quotas/quota-error.js';
import type { FileReader } from '../files/file-reader.js';

/**
 * Keeps one department from filling the store with papers, which stay for ever. The bytes on record are counted where the ledger is
 * folded, and those that this process is storing are added, so officers who store at the same time do not exceed the quota together. See
 * docs/decisions/0256
 */
export class AttachmentQuota {
  readonly #inFlight = new Map<string, number>();

  constructor(
    private readonly files: Pick<FileReader, 'attachmentBytes'>,
    /** Bytes of one party; undefined is without bound. */
    private readonly max: number | undefined,
  ) {}

  /** Stores bytes that the party does not have yet, when it may have so many more. Throws STORE_FULL. */
  async store<T>(party: string, bytes: number, store: () => Promise<T>): Promise<T> {
    if (this.max === undefined) return store();
    const stored = await this.files.attachmentBytes(party);
    const inFlight = this.#inFlight.get(party) ?? 0;
    if (stored + inFlight + bytes > this.max) throw storeFull(party, stored, this.max);
    addToCount(this.#inFlight, party, bytes);
    try {
      return await store();
    } finally {
      addToCount(this.#inFlight, party, -bytes);
    }
  }
}

const storeFull = (party: string, stored: number, max: number): QuotaError =>
  new QuotaError(
    'STORE_FULL',
    'attachmentBytes',
    `party ${party}`,
    `party ${party} has stored ${stored} of the ${max} bytes of attachments that quotas.attachmentBytes allows it, ` +
      'and these are too many: name papers that are stored, or ask the operator for more',
  );
