/**
 * Share of a full map that is evicted at once: the first entry of a Map is found by stepping over all that were deleted before it
 * (docs/decisions/0291).
 */
const EVICTED_SHARE = 1 / 64;

/** A map of at most `max` entries that evicts the least recently used ones. */
export class LruMap<K, V> {
  readonly #entries = new Map<K, V>();
  /** The key that was used last. Those who need an entry mostly ask for it several times, and only the first moves it. */
  #newest: K | undefined;

  constructor(readonly max: number) {}

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined || key === this.#newest) return value;
    // A Map iterates in insertion order: an entry that is used moves to the end.
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#newest = key;
    return value;
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#newest = key;
    if (this.#entries.size > this.max) this.#evict();
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  #evict(): void {
    const kept = this.max - Math.floor(this.max * EVICTED_SHARE);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= kept) return;
      this.#entries.delete(oldest);
    }
  }
}
