import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** A collection starts when the heap has grown by a share of its live size: of a large heap by this one. */
const GROWTH_PERCENT_MIN = 40;
const GROWTH_PERCENT_MAX = 100;
/** Up to this size a heap may double, and above 2.5 times of it the least share counts. */
const SMALL_HEAP_BYTES = 128 * 1024 * 1024;
const INTERVAL_MS = 1_000;

/**
 * Keeps the heap near its live size. On a machine with much memory V8 would let it grow to three times that before it
 * collects, most of it objects that live for a second, until they are acknowledged. Decision: docs/decisions/0018.
 *
 * V8 reads the share at each collection. A small heap has little to lose and would be marked over and over in a reconnect
 * storm, so its share is larger. Decision: docs/decisions/0360.
 */
export function limitHeapGrowth(): void {
  let set = 0;
  const limit = (): void => {
    const percent = growthPercent(getHeapStatistics().used_heap_size);
    if (percent !== set) setFlagsFromString(`--heap-growing-percent=${percent}`);
    set = percent;
  };
  limit();
  setInterval(limit, INTERVAL_MS).unref();
}

/** Percent of its live size by which a heap of so many bytes may grow. */
export function growthPercent(heapBytes: number): number {
  const percent = Math.round((SMALL_HEAP_BYTES / heapBytes) * 100);
  return Math.min(GROWTH_PERCENT_MAX, Math.max(GROWTH_PERCENT_MIN, percent));
}
