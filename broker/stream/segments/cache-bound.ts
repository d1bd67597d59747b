const MEBIBYTE = 1024 * 1024;
/** Bound of all cached segments together, encoded forms included. */
const CACHE_BYTES_MAX = 96 * MEBIBYTE;
/** Enough for what the readers of one moment share. */
const CACHE_BYTES_MIN = 16 * MEBIBYTE;
/** Buffers of a process beside the cache: the recent tail, frames on their way. Beyond these, connections need the memory. */
const OTHER_BYTES_USUAL = 64 * MEBIBYTE;
/** Beyond these beside the cache, memory is scarce: sockets that are not read hold most of it. */
const OTHER_BYTES_SCARCE = 112 * MEBIBYTE;
/** A look at the memory of the process costs some 20 µs, and segments come by the hundred. */
const LOOK_INTERVAL_MS = 50;

/** Bytes that connections hold are taken off the cache one for one, the least recently used segments first. */
const cacheBytesMax = (otherBytes: number): number =>
  Math.max(CACHE_BYTES_MIN, CACHE_BYTES_MAX - Math.max(0, otherBytes - OTHER_BYTES_USUAL));

/** The bound of the cache, and whether memory is scarce, as the process is now. Decision: docs/decisions/0250. */
export class CacheBound {
  #bytesMax = CACHE_BYTES_MAX;
  #isScarce = false;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly bufferBytes = () => process.memoryUsage().arrayBuffers,
    private readonly nowMs = () => performance.now(),
  ) {}

  bytesMax(cachedBytes: number): number {
    this.#look(cachedBytes);
    return this.#bytesMax;
  }

  /** Readers are served in small pieces then. */
  isScarce(cachedBytes: number): boolean {
    this.#look(cachedBytes);
    return this.#isScarce;
  }

  #look(cachedBytes: number): void {
    const nowMs = this.nowMs();
    if (nowMs - this.#lookedAtMs < LOOK_INTERVAL_MS) return;
    this.#lookedAtMs = nowMs;
    const otherBytes = this.bufferBytes() - cachedBytes;
    this.#bytesMax = cacheBytesMax(otherBytes);
    this.#isScarce = otherBytes > OTHER_BYTES_SCARCE;
  }
}
