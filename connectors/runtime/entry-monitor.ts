import { publishedEntry } from './catalog-entry.js';
import type { BusAddress } from './connector-context.js';
import { filterableItems, type RecordMapping } from './mapping/record-mapping.js';

/** Bounds how long a new version goes unnoticed; one request for each entry. */
const CHECK_INTERVAL_MS = 2_000;

/**
 * Notices that an entry has other filterable items than when a source mapped its columns to it. Events of such a mapping lack previous values
 * that row filters decide by, and nobody would learn that their record leaves; so the source maps again and reads everything again.
 * See docs/decisions/0357.
 */
export class EntryMonitor {
  #checkedMs = performance.now();

  constructor(
    private readonly bus: BusAddress,
    private readonly mappings: readonly Pick<RecordMapping, 'entry' | 'filterable'>[],
  ) {}

  /** Asks the bus at most every `CHECK_INTERVAL_MS`. While the bus does not answer nothing has changed. */
  async hasChanged(): Promise<boolean> {
    if (performance.now() - this.#checkedMs < CHECK_INTERVAL_MS) return false;
    this.#checkedMs = performance.now();
    for (const { entry, filterable } of this.mappings) {
      const found = await publishedEntry(this.bus, entry).then(filterableItems, () => filterable);
      if (found !== filterable) return true;
    }
    return false;
  }
}
