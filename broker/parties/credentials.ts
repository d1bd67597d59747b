import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { LedgerRecord } from '../ledger/record.js';
import type { Caller } from './caller.js';
import type { StoredOfficer } from './officer.js';
import type { StoredSystem } from './system.js';

const TOKEN_BYTES = 32;
const KEY_BYTES = 32;

/** A fresh token; whoever gets it is the only one to see it. */
export const newToken = (): string => `slc_${randomBytes(TOKEN_BYTES).toString('base64url')}`;

/**
 * Who a token belongs to. Only keyed digests are stored, so a copy of the ledger lets nobody guess at tokens, and a
 * look-up by digest takes the same time whatever the token resembles.
 */
export class Credentials {
  readonly #key: Buffer;
  readonly #callers = new Map<string, Caller>();
  /** Ledger actor → digest of its current token. */
  readonly #digests = new Map<string, string>();

  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'sluice/credentials', KEY_BYTES));
  }

  readonly fold = (record: LedgerRecord): void => {
    if (record.kind === 'system') {
      const { id, party, may, credential } = record.document as StoredSystem;
      this.#replace({ kind: 'system', id, party, may }, credential);
    } else if (record.kind === 'officer') {
      const { id, party, roles, credential } = record.document as StoredOfficer;
      this.#replace({ kind: 'officer', id, party, roles }, credential);
    }
  };

  digestOf(token: string): string {
    return createHmac('sha256', this.#key).update(token, 'utf8').digest('hex');
  }

  authenticate(token: string): Caller | undefined {
    return this.ownerOf(this.digestOf(token));
  }

  ownerOf(digest: string): Caller | undefined {
    return this.#callers.get(digest);
  }

  #replace(caller: Caller, digest: string | undefined): void {
    const key = `${caller.kind}:${caller.id}`;
    const former = this.#digests.get(key);
    if (former !== undefined) this.#callers.delete(former);
    if (digest === undefined) {
      this.#digests.delete(key);
      return;
    }
    this.#digests.set(key, digest);
    this.#callers.set(digest, caller);
  }
}
