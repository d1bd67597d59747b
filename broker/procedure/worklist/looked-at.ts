import type { LedgerRecord } from '../../ledger/record.js';
import type { OfficerCaller } from '../../parties/caller.js';
import type { UrgentFile } from '../files/file-reader.js';

/**
 * Keeps what was found out about files for officers. A list is asked for again and again, and most of it is as it was: digests, next acts and
 * sight of a thousand files cost tens of milliseconds. Officers of one party with the same roles see the same. The least recently used are
 * forgotten.
 */
export class LookedAt<Found> {
  readonly #kept = new Map<string, { seq: number; found: Found }>();

  /** `keptMax` files, for all officers together. */
  constructor(private readonly keptMax: number) {}

  /** Undefined when it is not known, or the file has a later record than `seq`. */
  find(officer: OfficerCaller, { kind, id, seq }: UrgentFile): { found: Found } | undefined {
    const key = keyOf(officer, kind, id);
    const kept = this.#kept.get(key);
    if (kept?.seq !== seq) return undefined;
    // A map iterates in the order of insertion.
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept;
  }

  keep(officer: OfficerCaller, { kind, id, seq }: UrgentFile, found: Found): void {
    const key = keyOf(officer, kind, id);
    this.#kept.delete(key);
    this.#kept.set(key, { seq, found });
    if (this.#kept.size <= this.keptMax) return;
    const [oldest] = this.#kept.keys();
    this.#kept.delete(oldest as string);
  }

  /** To be called after each record: what is kept of files depends on parties too. */
  readonly onRecord = ({ kind }: Pick<LedgerRecord, 'kind'>): void => {
    if (kind === 'party') this.#kept.clear();
  };
}

/** Everything of a caller that decides on what is seen; the same officer may have other roles later. */
const keyOf = ({ party, roles, contract = '' }: OfficerCaller, kind: string, id: string): string =>
  `${party} ${roles.join()} ${contract} ${kind}/${id}`;
