import type { CompiledEntry } from '../../catalog/compiled-entry.js';
import type { EntryLookup } from './validate-event.js';

/**
 * Looks every entry up once, for events that are validated within one turn of the event loop, in which the catalog cannot
 * change. A source publishes thousands of events on few entries, and the catalog records each use of an entry.
 */
export class LookUpOnce implements EntryLookup {
  readonly #found = new Map<string, CompiledEntry | undefined>();

  constructor(private readonly entries: EntryLookup) {}

  compiled(id: string): CompiledEntry | undefined {
    const known = this.#found.get(id);
    if (known || this.#found.has(id)) return known;
    const entry = this.entries.compiled(id);
    this.#found.set(id, entry);
    return entry;
  }
}
