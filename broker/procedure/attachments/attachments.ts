import { SluiceError } from '../../../proto/errors.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Act } from '../../ledger/record.js';
import type { Bus } from '../../nats/bus.js';
import { type ActAnswer, appendOnce, type Once } from '../engine/append-once.js';
import type { StoredAttachment } from '../files/file.js';
import type { AttachmentFacts, FileReader } from '../files/file-reader.js';
import { digestOf, readBytes, storeBytes } from './attachment-bytes.js';
import { AttachmentQuota } from './attachment-quota.js';

export interface AttachmentsDeps {
  bus: Bus;
  ledger: Pick<Ledger, 'appendAll'>;
  files: Pick<FileReader, 'attachment' | 'attachmentBytes'>;
  /** Bytes that one party may store; undefined is without bound. */
  bytesPerPartyMax?: number | undefined;
}

/** The officer who stores or reads, as records name one. */
export interface AttachmentActor {
  actor: string;
  role?: string | undefined;
  party: string;
}

export interface AttachmentAnswer {
  sha256: string;
  /** Bytes. */
  size: number;
  type: string;
}

/** Attachments that are being stored; each takes up to twice 10 MiB. */
const STORED_AT_ONCE_MAX = 4;
/** Attachments that are being read; each takes up to two parts of 512 KiB, for as long as its reader takes. */
const READ_AT_ONCE_MAX = 32;
const READ_BY_ONE_MAX = 4;

/**
 * Attachments of a registered bus. Who may store and read is decided by the caller.
 * docs/decisions/0156
 */
export class Attachments {
  readonly #stored = new Slots(STORED_AT_ONCE_MAX);
  readonly #read = new Slots(READ_AT_ONCE_MAX);
  readonly #readBy = new Map<string, Slots>();

  readonly #quota: AttachmentQuota;

  constructor(private readonly deps: AttachmentsDeps) {
    this.#quota = new AttachmentQuota(deps.files, deps.bytesPerPartyMax);
  }

  /** Takes one of the places for bytes that are being stored; returns the function that gives it back. Throws TOO_MANY. */
  takeStoring(): () => void {
    return this.#stored.take();
  }

  /**
   * Stores the bytes, then records that the department has them; `isNew` is false when it had them already. A call with an
   * idempotency key is answered as the first time, also when that runs at the same moment. To be called with a place from
   * `takeStoring`. Throws TOO_LARGE above 10 MiB, and STORE_FULL beyond the quota of the party.
   */
  async store(
    bytes: Uint8Array,
    type: string,
    actor: AttachmentActor,
    once?: Once,
  ): Promise<AttachmentAnswer & Omit<ActAnswer, 'body'>> {
    const known = await this.deps.files.attachment(digestOf(bytes));
    if (known?.parties.includes(actor.party)) return this.#store(bytes, type, actor, once);
    return this.#quota.store(actor.party, bytes.length, () => this.#store(bytes, type, actor, once));
  }

  async #store(
    bytes: Uint8Array,
    type: string,
    { party, ...by }: AttachmentActor,
    once?: Once,
  ): Promise<AttachmentAnswer & Omit<ActAnswer, 'body'>> {
    const { bus, ledger, files } = this.deps;
    const sha256 = digestOf(bytes);
    await storeBytes(bus, sha256, bytes);
    const document: StoredAttachment = { party, size: bytes.length, type };
    const facts: AttachmentAnswer = { sha256, size: bytes.length, type };
    const { answers } = await appendOnce({ ledger, kept: once?.kept }, { by: by.actor, key: once?.key }, async () => {
      const known = await files.attachment(sha256);
      const isNew = !known?.parties.includes(party);
      const acts: Act[] = isNew ? [{ kind: 'attachment', id: sha256, act: 'store', ...by, document }] : [];
      return { acts, answers: [{ body: { ...facts }, isNew, isReplayed: false }] };
    });
    const { isNew, isReplayed } = answers[0] as ActAnswer;
    return { ...facts, isNew, isReplayed };
  }

  /**
   * Records the read, then returns the bytes in parts; undefined when they are not there. `release` is to be called when
   * the reader has them or is gone. Throws TOO_MANY.
   */
  async read(
    { sha256 }: Pick<AttachmentFacts, 'sha256'>,
    { party, ...by }: AttachmentActor,
  ): Promise<{ parts: AsyncGenerator<Uint8Array>; release: () => void } | undefined> {
    const release = this.#takeReading(by.actor);
    try {
      const parts = await readBytes(this.deps.bus, sha256);
      if (parts) {
        await this.deps.ledger.appendAll(() => [
          { kind: 'attachment', id: sha256, act: 'read', ...by, document: { party } },
        ]);
        return { parts, release };
      }
    } catch (error) {
      release();
      throw error;
    }
    release();
    return undefined;
  }

  /** One officer leaves places to the others, however slowly the bytes are taken. */
  #takeReading(actor: string): () => void {
    const own = this.#readBy.get(actor) ?? new Slots(READ_BY_ONE_MAX);
    const releaseOwn = own.take();
    this.#readBy.set(actor, own);
    const release = (): void => {
      releaseOwn();
      if (own.isFree) this.#readBy.delete(actor);
    };
    try {
      const releaseOfAll = this.#read.take();
      return () => {
        release();
        releaseOfAll();
      };
    } catch (error) {
      release();
      throw error;
    }
  }
}

/** A bounded number of things at once. */
class Slots {
  #taken = 0;

  constructor(private readonly max: number) {}

  get isFree(): boolean {
    return this.#taken === 0;
  }

  /** Returns the function that gives the place back, which may be called twice. Throws TOO_MANY. */
  take(): () => void {
    if (this.#taken >= this.max) {
      throw new SluiceError('TOO_MANY', `${this.max} attachments are in flight already, try again in a moment`);
    }
    this.#taken++;
    let isTaken = true;
    return () => {
      if (isTaken) this.#taken--;
      isTaken = false;
    };
  }
}
