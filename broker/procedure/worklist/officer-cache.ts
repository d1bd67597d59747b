import { LruMap } from '../../../proto/collections/lru-map.js';
import type { LedgerRecord } from '../../ledger/record.js';
import type { OfficerCaller } from '../../parties/caller.js';
import type { UrgentFile } from '../files/file-reader.js';

/**
 * Caches what was found out about files for officers. A list is asked for again and again, and most of it is as it was: digests, next acts
 * and sight of a thousand files cost tens of milliseconds. Officers of one party with the same roles see the same.
 */
export class OfficerCache<Found> {
  readonly #kept: LruMap<string, { seq: number; found: Found }>;

  /** `filesMax` files, for all officers together. */
  constructor(filesMax: number) {
    this.#kept = new LruMap(filesMax);
  }

  /** Undefined when it is not known, or the file has a later record than `seq`. */
  find(officer: OfficerCaller, { kind, id, seq }: UrgentFile): { found: Found } | undefined {
    const kept = this.#kept.get(keyOf(officer, kind, id));
    return kept?.seq === seq ? kept : undefined;
  }

  keep(officer: OfficerCaller, { kind, id, seq }: UrgentFile, found: Found): void {
    this.#kept.set(keyOf(officer, kind, id), { seq, found });
  }

  /** To be called after each record: what is kept of files depends on parties too. */
  readonly onRecord = ({ kind }: Pick<LedgerRecord, 'kind'>): void => {
    if (kind === 'party') this.#kept.clear();
  };
}

/** Everything of a caller that decides on what is seen; the same officer may have other roles later. */
const keyOf = ({ party, roles, contract = '' }: OfficerCaller, kind: string, id: string): string =>
  `${party} ${roles.join()} ${contract} ${kind}/${id}`;
