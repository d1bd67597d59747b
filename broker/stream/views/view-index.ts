import type { RecordData } from '../../../proto/event/event.js';
import type { EqualityKeyOf } from './equality-key.js';
import type { RowFilter } from './row-filter.js';

/** Anything with a row filter can be indexed. */
export interface Indexable {
  readonly filter: RowFilter;
}

type Bucket<V> = Map<unknown, Set<V>>;

/** Views by the key of the value that they demand. All views of an entry agree on the type of an item, and so on its keys. */
interface EqualityBucket<V> {
  keyOf: EqualityKeyOf;
  views: Bucket<V>;
}

/**
 * Finds the views that an event may match. Testing each view would cost every event as much as there are views; here
 * equality and prefix predicates are looked up by value, so an event costs as much as it has matches. Views without
 * such a predicate are candidates for every event. A candidate still has to be tested.
 */
export class ViewIndex<V extends Indexable> {
  /** item → key of the value → views */
  readonly #equals = new Map<string, EqualityBucket<V>>();
  /** item → prefix length → prefix → views */
  readonly #prefixes = new Map<string, Map<number, Bucket<V>>>();
  readonly #unindexedViews = new Set<V>();

  add(view: V): void {
    for (const [bucket, key] of this.#buckets(view)) {
      const views = bucket.get(key);
      if (views) views.add(view);
      else bucket.set(key, new Set([view]));
    }
    if (!view.filter.indexed) this.#unindexedViews.add(view);
  }

  delete(view: V): void {
    this.#unindexedViews.delete(view);
    for (const [bucket, key] of this.#buckets(view)) {
      const views = bucket.get(key);
      views?.delete(view);
      if (views?.size === 0) bucket.delete(key);
    }
  }

  /** Views that are candidates whatever the values are. */
  get unindexed(): Iterable<V> {
    return this.#unindexedViews;
  }

  /** Calls `found` with each view that one of the values leads to. */
  lookUp(values: RecordData, found: (view: V) => void): void {
    for (const [item, bucket] of this.#equals) {
      const views = bucket.views.get(bucket.keyOf(values[item]));
      if (views) for (const view of views) found(view);
    }
    for (const [item, lengths] of this.#prefixes) {
      const value = values[item];
      if (typeof value !== 'string') continue;
      for (const [length, bucket] of lengths) {
        const views = bucket.get(value.slice(0, length));
        if (views) for (const view of views) found(view);
      }
    }
  }

  #buckets(view: V): [Bucket<V>, unknown][] {
    const { indexed } = view.filter;
    if (!indexed) return [];
    const { equals, keyOf } = indexed;
    if (equals && keyOf) {
      const { views } = getOrMake(this.#equals, indexed.item, () => ({ keyOf, views: new Map() }));
      return equals.map((key) => [views, key]);
    }
    const lengths = getOrMake(this.#prefixes, indexed.item, () => new Map<number, Bucket<V>>());
    const prefix = indexed.prefix ?? '';
    return [[getOrMake(lengths, prefix.length, () => new Map()), prefix]];
  }
}

function getOrMake<K, T>(map: Map<K, T>, key: K, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
