import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { FoldedRoom, SavedItem } from '../ledger/checkpoint/folded-room.js';
import type { LedgerRecord } from '../ledger/record.js';
import type { Caller } from './caller.js';
import type { StoredOfficer } from './officer.js';
import type { StoredSystem } from './system.js';

const TOKEN_BYTES = 32;
const KEY_BYTES = 32;

/** Shorter tokens can be guessed over the network within the validity of a token. */
const TOKEN_CHARACTERS_MIN = 24;
const HEADER_CHARACTERS = /^[\x21-\x7e]+$/;

/**
 * The problem of a token that a person chose; undefined when there is none. It is judged when it is set, so shorter
 * tokens that a bus has stored stay valid.
 */
export function tokenProblem(token: unknown): string | undefined {
  if (typeof token !== 'string' || !HEADER_CHARACTERS.test(token)) {
    return 'must be a string of printable ASCII characters without spaces';
  }
  return token.length < TOKEN_CHARACTERS_MIN ? `must have at least ${TOKEN_CHARACTERS_MIN} characters` : undefined;
}

/** A random token. It is shown to its owner once; only its digest is kept. */
export const newToken = (): string => `slc_${randomBytes(TOKEN_BYTES).toString('base64url')}`;

/** Stands for the caller in a saved item of a token that is valid no longer. */
const RETIRED = 'retired';

/**
 * Finds the owner of a token. Tokens are stored as keyed digests: a copy of the ledger does not allow guessing tokens
 * offline, and the time of a look-up by digest reveals nothing about similar tokens. Each owner has one token.
 */
export class Credentials implements FoldedRoom {
  readonly #key: Buffer;
  readonly #subjectKey: Buffer;
  readonly #callers = new Map<string, Caller>();
  /** Digest that each caller was found by. */
  readonly #foundBy = new WeakMap<Caller, string>();
  /** `system:<id>` or `officer:<id>` → digest of its current token. */
  readonly #digests = new Map<string, string>();
  /** The same → digest of the token before it, or of the one that was withdrawn: one for each owner. */
  readonly #retired = new Map<string, string>();
  readonly #retiredOwners = new Map<string, string>();

  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'sluice/credentials', KEY_BYTES));
    this.#subjectKey = Buffer.from(hkdfSync('sha256', secret, '', 'sluice/subjects', KEY_BYTES));
  }

  readonly fold = (record: LedgerRecord): void => {
    if (record.kind === 'system') {
      const { id, party, may, credential } = record.document as StoredSystem;
      this.#replace({ kind: 'system', id, party, may }, credential);
    } else if (record.kind === 'officer') {
      const { id, party, roles, credential, contract, subject } = record.document as StoredOfficer;
      const digest = credential ?? (subject === undefined ? undefined : this.digestOfSubject(subject));
      this.#replace({ kind: 'officer', id, party, roles, ...(contract !== undefined && { contract }) }, digest);
    }
  };

  save(): SavedItem[] {
    const current = [...this.#digests].map(([key, digest]) => ({ state: [key, digest, this.#callers.get(digest)] }));
    return [...current, ...[...this.#retired].map(([key, digest]) => ({ state: [key, digest, RETIRED] }))];
  }

  load({ state }: SavedItem): void {
    const [key, digest, caller] = state as [string, string, Caller | typeof RETIRED | null];
    if (caller === RETIRED) {
      this.#retire(key, digest);
      return;
    }
    this.#digests.set(key, digest);
    if (caller) this.#set(digest, caller);
  }

  digestOf(token: string): string {
    return createHmac('sha256', this.#key).update(token, 'utf8').digest('hex');
  }

  /** Stands for an officer whom an identity provider names. Made with a key of its own, so that no token is one. */
  digestOfSubject(subject: string): string {
    return createHmac('sha256', this.#subjectKey).update(subject, 'utf8').digest('hex');
  }

  ownerOf(digest: string): Caller | undefined {
    return this.#callers.get(digest);
  }

  /**
   * The caller by the records of now; undefined when the token that it was found by is valid no longer. What is appended is judged by it:
   * an office may end between the authentication of a request and the record of its act.
   */
  again<Kind extends Caller>(caller: Kind): Kind | undefined {
    const digest = this.#foundBy.get(caller);
    return digest === undefined ? caller : (this.#callers.get(digest) as Kind | undefined);
  }

  /** `system:<id>` or `officer:<id>` whose token it was until the last renewal or withdrawal. It gives no right; see docs/decisions/0341. */
  retiredOwnerOf(digest: string): string | undefined {
    return this.#retiredOwners.get(digest);
  }

  #retire(key: string, digest: string): void {
    const before = this.#retired.get(key);
    if (before !== undefined) this.#retiredOwners.delete(before);
    this.#retired.set(key, digest);
    this.#retiredOwners.set(digest, key);
  }

  #replace(caller: Caller, digest: string | undefined): void {
    const key = `${caller.kind}:${caller.id}`;
    const previous = this.#digests.get(key);
    if (previous !== undefined) this.#callers.delete(previous);
    if (previous !== undefined && previous !== digest) this.#retire(key, previous);
    if (digest === undefined) {
      this.#digests.delete(key);
      return;
    }
    this.#digests.set(key, digest);
    this.#set(digest, caller);
  }

  #set(digest: string, caller: Caller): void {
    this.#callers.set(digest, caller);
    this.#foundBy.set(caller, digest);
  }
}
