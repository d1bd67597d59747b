import { randomInt } from 'node:crypto';

/** A power of two. Half a megabyte for each partition that has positioned events. */
const SLOTS = 32_768;
/** Slots that an event may take; the oldest event among them makes way. */
const SLOTS_OF_HASH = 4;
const FNV_PRIME = 0x01000193;
/** Odd, as a multiplier has to be. */
const CHECK_MULTIPLIER = 0x5bd1e995;

/** Two hashes of the source and the epoch of its events, with which those of their positions begin. */
export interface EpochSeed {
  readonly slot: number;
  readonly check: number;
}

/**
 * Log positions of the positioned events that were stored last, so that one that is sent again is answered as it was the first time.
 *
 * It is a table of numbers in which a newer event takes the slot of an older one: no string outlives its event, and adding costs some
 * forty multiplications. Two hashes of 32 bits with random seeds distinguish events, so one is taken for another of the table
 * once in 10^14 times, and nobody can choose such a pair. Owners must be able to do without: the watermark says that an event is a duplicate.
 */
export class RecentPositions {
  readonly #seed: EpochSeed = { slot: randomInt(2 ** 31), check: randomInt(2 ** 31) };
  #slots: Int32Array | undefined;
  #checks = new Int32Array();
  #positions = new Float64Array();

  /** `source` is a NATS subject. */
  seedOf(source: string, epoch: string): EpochSeed {
    return hashed(hashed(this.#seed, source), ` ${epoch} `);
  }

  add(seed: EpochSeed, sourcePosition: string, logPosition: number): void {
    if (!this.#slots) this.#make();
    const { slot, check } = hashed(seed, sourcePosition);
    const at = this.#oldestOf(slot);
    (this.#slots as Int32Array)[at] = slot;
    this.#checks[at] = check;
    this.#positions[at] = logPosition;
  }

  /** Undefined when the event was not stored lately. */
  get(seed: EpochSeed, sourcePosition: string): number | undefined {
    if (!this.#slots) return undefined;
    const { slot, check } = hashed(seed, sourcePosition);
    const first = firstOf(slot);
    for (let at = first; at < first + SLOTS_OF_HASH; at++)
      if (this.#slots[at] === slot && this.#checks[at] === check) return this.#positions[at] || undefined;
    return undefined;
  }

  /** After a lost connection the log may have been truncated. */
  clear(): void {
    this.#slots = undefined;
  }

  /** A free slot has position 0. */
  #oldestOf(hash: number): number {
    const positions = this.#positions;
    const first = firstOf(hash);
    let oldest = first;
    for (let at = first + 1; at < first + SLOTS_OF_HASH; at++)
      if ((positions[at] as number) < (positions[oldest] as number)) oldest = at;
    return oldest;
  }

  #make(): void {
    this.#slots = new Int32Array(SLOTS);
    this.#checks = new Int32Array(SLOTS);
    this.#positions = new Float64Array(SLOTS);
  }
}

function hashed({ slot, check }: EpochSeed, text: string): EpochSeed {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    slot = Math.imul(slot ^ code, FNV_PRIME);
    check = Math.imul(check ^ code, CHECK_MULTIPLIER);
  }
  return { slot, check };
}

/** The first of its slots. The low bits of a product depend on few bits of its factors. */
const firstOf = (hash: number): number => (hash ^ (hash >>> 15)) & (SLOTS - SLOTS_OF_HASH);
