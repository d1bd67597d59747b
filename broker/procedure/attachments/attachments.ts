import { SluiceError } from '../../../proto/errors.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Bus } from '../../nats/bus.js';
import type { StoredAttachment } from '../files/file.js';
import type { AttachmentFacts, FileReader } from '../files/file-reader.js';
import { digestOf, readBytes, storeBytes } from './attachment-bytes.js';

export interface AttachmentsDeps {
  bus: Bus;
  ledger: Pick<Ledger, 'appendAll'>;
  files: Pick<FileReader, 'attachment'>;
}

/** The officer who stores or reads, as records name one. */
export interface AttachmentActor {
  actor: string;
  role?: string | undefined;
  party: string;
}

/** Attachments that are being stored or read; each takes up to twice 10 MiB. */
const IN_FLIGHT_MAX = 4;

/** Attachments of a registered bus. Who may store and read is decided by the caller. */
export class Attachments {
  #inFlight = 0;

  constructor(private readonly deps: AttachmentsDeps) {}

  /**
   * Stores the bytes, then records that the department has them; `isNew` is false when it had them already. Throws
   * TOO_LARGE above 10 MiB, TOO_MANY while four others are in flight.
   */
  store(
    bytes: Uint8Array,
    type: string,
    { party, ...by }: AttachmentActor,
  ): Promise<{ sha256: string; size: number; type: string; isNew: boolean }> {
    return this.#bounded(async () => {
      const { bus, ledger, files } = this.deps;
      const sha256 = digestOf(bytes);
      await storeBytes(bus, sha256, bytes);
      const document: StoredAttachment = { party, size: bytes.length, type };
      const records = await ledger.appendAll(async () => {
        const known = await files.attachment(sha256);
        if (known?.parties.includes(party)) return [];
        return [{ kind: 'attachment', id: sha256, act: 'store', ...by, document }];
      });
      return { sha256, size: bytes.length, type, isNew: records.length > 0 };
    });
  }

  /** Records the read, then returns the bytes; undefined when they are not there. */
  read(
    { sha256 }: Pick<AttachmentFacts, 'sha256'>,
    { party, ...by }: AttachmentActor,
  ): Promise<Uint8Array | undefined> {
    return this.#bounded(async () => {
      const bytes = await readBytes(this.deps.bus, sha256);
      if (!bytes) return undefined;
      await this.deps.ledger.appendAll(() => [
        { kind: 'attachment', id: sha256, act: 'read', ...by, document: { party } },
      ]);
      return bytes;
    });
  }

  async #bounded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inFlight >= IN_FLIGHT_MAX) {
      throw new SluiceError('TOO_MANY', `${IN_FLIGHT_MAX} attachments are in flight already, try again in a moment`);
    }
    this.#inFlight++;
    try {
      return await work();
    } finally {
      this.#inFlight--;
    }
  }
}
