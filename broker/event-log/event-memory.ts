/** Small enough that a few events waste little of its end, and that one event that is kept long keeps little else. */
const BLOCK_BYTES = 64 * 1024;
/** Larger events have memory of their own. */
const SHARED_BYTES_MAX = BLOCK_BYTES / 8;

/**
 * Memory for the bytes of events that are kept one after the other and dropped in the same order. In the pool of the short-lived
 * buffers each would keep a whole block of the pool from being freed, many times its own size.
 */
export class EventMemory {
  #block = Buffer.alloc(0);
  #used = 0;

  /** Copies the bytes; nothing that is kept later changes the copy. */
  keep(bytes: Uint8Array): Uint8Array {
    const kept = this.allocate(bytes.length);
    kept.set(bytes);
    return kept;
  }

  /** Memory that nobody else writes to, for so many bytes. */
  allocate(length: number): Uint8Array {
    if (length > SHARED_BYTES_MAX) return Buffer.allocUnsafeSlow(length);
    if (this.#used + length > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += length;
    return this.#block.subarray(start, this.#used);
  }
}
