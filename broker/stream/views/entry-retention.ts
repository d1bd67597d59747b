import { expiredBeforeMs, type RetainingVersion } from '../../event-log/expiry.js';
import { type EntryLookup, versionsOf } from './entry-fields.js';

/** Entries whose retention is kept; some hundred bytes each, and next to nothing where events never expire. Of more, all are forgotten. */
const KEPT_MAX = 50_000;

const NONE: readonly RetainingVersion[] = [];

/**
 * Knows the retention of each entry. It is asked for every start of a subscription and for every cursor that is counted, while the catalog keeps only
 * some of its versions parsed: three of them took longer to read than everything else about a start (docs/decisions/0241). In a plain map: an
 * LRU map moves each entry to the end when it is read, which takes a quarter of a microsecond for each cursor of a scrape.
 */
export class EntryRetention {
  readonly #known = new Map<string, readonly RetainingVersion[]>();

  /** Follows the catalog as long as that lives. */
  constructor(private readonly entries: EntryLookup) {
    entries.onChange((entry) => this.#known.delete(entry));
  }

  /** Events of the entry that were stored before the returned moment may have expired; 0 when none can have. */
  expiredBeforeMs(entry: string, nowMs: number): number {
    let versions = this.#known.get(entry);
    if (!versions) {
      versions = this.#read(entry);
      if (this.#known.size >= KEPT_MAX) this.#known.clear();
      this.#known.set(entry, versions);
    }
    return expiredBeforeMs(versions, nowMs);
  }

  #read(entry: string): readonly RetainingVersion[] {
    const versions = versionsOf(this.entries, entry).map(({ publishedAt, document: { retentionDays } }) => {
      return { publishedAt, document: { retentionDays } };
    });
    return versions.some(({ document }) => document.retentionDays !== undefined) ? versions : NONE;
  }
}
