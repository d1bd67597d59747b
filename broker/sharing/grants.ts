import type { LedgerRecord } from '../ledger/record.js';
import { type Grant, type StoredGrant, toGrant } from './grant.js';

/** All grants, folded from the ledger. */
export class Grants {
  readonly #byId = new Map<string, Grant>();
  readonly #byEntry = new Map<string, Set<string>>();
  readonly #listeners = new Set<(grant: Grant) => void>();

  readonly fold = (record: LedgerRecord): void => {
    if (record.kind !== 'grant') return;
    const grant = toGrant(record.document as StoredGrant, record.seq);
    const former = this.#byId.get(grant.id);
    if (former && former.entry !== grant.entry) this.#byEntry.get(former.entry)?.delete(grant.id);
    this.#byId.set(grant.id, grant);
    const ofEntry = this.#byEntry.get(grant.entry) ?? new Set();
    this.#byEntry.set(grant.entry, ofEntry.add(grant.id));
    for (const listener of this.#listeners) listener(grant);
  };

  get(id: string): Grant | undefined {
    return this.#byId.get(id);
  }

  byEntry(entry: string): Grant[] {
    return [...(this.#byEntry.get(entry) ?? [])].map((id) => this.#byId.get(id) as Grant);
  }

  /** Those that are not over for good. */
  liveOf(entry: string): Grant[] {
    return this.byEntry(entry).filter((grant) => grant.status !== 'terminated');
  }

  list(): Grant[] {
    return [...this.#byId.values()];
  }

  /** Calls `fn` with every grant that was created or changed; returns the function that ends it. */
  onChange(fn: (grant: Grant) => void): () => void {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }
}
