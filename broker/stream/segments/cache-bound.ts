const MEBIBYTE = 1024 * 1024;
/** Bound of all cached segments together, encoded forms included. */
const CACHE_BYTES_MAX = 96 * MEBIBYTE;
/** Enough for what the readers of one moment share. */
const CACHE_BYTES_MIN = 16 * MEBIBYTE;
/** Buffers of a process beside the cache: the recent tail, frames on their way. Beyond these, connections need the memory. */
const OTHER_BYTES_USUAL = 64 * MEBIBYTE;
/** A look at the memory of the process costs some 20 µs, and segments come by the hundred. */
const LOOK_INTERVAL_MS = 250;

/** The least recently used segments give way to what connections hold, byte for byte. */
export const cacheBytesMax = (otherBytes: number): number =>
  Math.max(CACHE_BYTES_MIN, CACHE_BYTES_MAX - Math.max(0, otherBytes - OTHER_BYTES_USUAL));

/** The bound of the cache as the process is now. */
export class CacheBound {
  #bytesMax = CACHE_BYTES_MAX;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly bufferBytes = () => process.memoryUsage().arrayBuffers,
    private readonly nowMs = () => performance.now(),
  ) {}

  bytesMax(cachedBytes: number): number {
    const nowMs = this.nowMs();
    if (nowMs - this.#lookedAtMs < LOOK_INTERVAL_MS) return this.#bytesMax;
    this.#lookedAtMs = nowMs;
    this.#bytesMax = cacheBytesMax(this.bufferBytes() - cachedBytes);
    return this.#bytesMax;
  }
}
