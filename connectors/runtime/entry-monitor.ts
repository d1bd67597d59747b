import { publishedEntry } from './catalog-entry.js';
import type { BusAddress } from './connector-context.js';
import { filterableItems, type RecordMapping } from './mapping/record-mapping.js';

const CHECK_INTERVAL_MS = 2_000;
/** So a source of hundreds of tables asks no oftener than one of five; it notices a new version within some minutes. */
const ENTRIES_PER_CHECK = 5;

/**
 * Notices that an entry has other filterable items than when a source mapped its columns to it. Events of such a mapping lack previous values
 * that row filters decide by, and nobody would learn that their record leaves; so the source maps again and reads everything again.
 * See docs/decisions/0357.
 */
export class EntryMonitor {
  #checkedMs: number;
  /** Mapping whose entry is asked for next. */
  #next = 0;

  constructor(
    private readonly bus: BusAddress,
    private readonly mappings: readonly Pick<RecordMapping, 'entry' | 'filterable'>[],
    private readonly clockMs = (): number => performance.now(),
  ) {
    this.#checkedMs = clockMs();
  }

  /** Asks the bus for some of the entries, at most every `CHECK_INTERVAL_MS`. While the bus does not answer nothing has changed. */
  async hasChanged(): Promise<boolean> {
    const nowMs = this.clockMs();
    if (nowMs - this.#checkedMs < CHECK_INTERVAL_MS) return false;
    this.#checkedMs = nowMs;
    for (const { entry, filterable } of this.#some()) {
      const found = await publishedEntry(this.bus, entry).then(filterableItems, () => filterable);
      if (found !== filterable) return true;
    }
    return false;
  }

  /** The next mappings, each in its turn. */
  #some(): Pick<RecordMapping, 'entry' | 'filterable'>[] {
    const from = this.#next;
    const some = [...this.mappings.slice(from), ...this.mappings.slice(0, from)].slice(0, ENTRIES_PER_CHECK);
    this.#next = (from + some.length) % Math.max(1, this.mappings.length);
    return some;
  }
}
