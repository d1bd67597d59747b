import type { GrantStatus } from '../../proto/entry/grant.js';
import type { LedgerRecord } from '../ledger/record.js';
import { type Grant, type StoredGrant, statusAt, toGrant } from './grant.js';

/** All grants, folded from the ledger. */
export class Grants {
  readonly #byId = new Map<string, Grant>();
  readonly #byEntry = new Map<string, Set<string>>();
  readonly #byHolding = new Map<string, Set<string>>();
  readonly #listeners = new Set<(grant: Grant) => void>();

  readonly fold = (record: LedgerRecord): void => {
    if (record.kind !== 'grant') return;
    const grant = toGrant(record.document as StoredGrant, record.seq);
    const former = this.#byId.get(grant.id);
    if (former && former.entry !== grant.entry) this.#byEntry.get(former.entry)?.delete(grant.id);
    this.#byId.set(grant.id, grant);
    const ofEntry = this.#byEntry.get(grant.entry) ?? new Set();
    this.#byEntry.set(grant.entry, ofEntry.add(grant.id));
    if (former) this.#byHolding.get(holding(former.party, former.entry))?.delete(grant.id);
    if (grant.status !== 'terminated') this.#hold(grant);
    for (const listener of this.#listeners) listener(grant);
  };

  get(id: string): Grant | undefined {
    return this.#byId.get(id);
  }

  byEntry(entry: string): Grant[] {
    return [...(this.#byEntry.get(entry) ?? [])].map((id) => this.#byId.get(id) as Grant);
  }

  /** Those on an entry that are not over: in force, suspended or about to begin. */
  liveOn(entry: string, nowMs: number): Grant[] {
    return this.byEntry(entry).filter((grant) => !OVER.includes(statusAt(grant, nowMs)));
  }

  /** What one party holds on one entry, without what is over for good. */
  heldBy(party: string, entry: string): Grant[] {
    return [...(this.#byHolding.get(holding(party, entry)) ?? [])].map((id) => this.#byId.get(id) as Grant);
  }

  list(): Grant[] {
    return [...this.#byId.values()];
  }

  /** Calls `fn` with every grant that was created or changed; returns the function that ends it. */
  onChange(fn: (grant: Grant) => void): () => void {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }

  #hold({ id, party, entry }: Grant): void {
    const key = holding(party, entry);
    this.#byHolding.set(key, (this.#byHolding.get(key) ?? new Set()).add(id));
  }
}

const OVER: readonly GrantStatus[] = ['terminated', 'expired'];
const holding = (party: string, entry: string): string => `${party} ${entry}`;
