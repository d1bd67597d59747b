import { randomInt } from 'node:crypto';

/** A table has at least twice as many slots as values. */
const SLOTS_MIN = 64;
/** Values are at most so many slots behind their own: nobody who chooses ids can make a look-up long. */
const DISTANCE_MAX = 64;
const [FREE, DELETED] = [0, 1];

const SEED = randomInt(2 ** 31);
const FNV_PRIME = 0x01000193;

/** A hash of the identity of an event, neither FREE nor DELETED. */
export function identityHash(source: string, id: string): number {
  let hash = SEED;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), FNV_PRIME);
  for (let i = 0; i < source.length; i++) hash = Math.imul(hash ^ source.charCodeAt(i), FNV_PRIME);
  return (hash ^ (hash >>> 15)) | 2;
}

/**
 * Values by the identity of an event: its source (one system on one entry) and the id that the source gave it.
 *
 * Nearly every id is new, and a map finds that out by following pointers through memory that is in no cache. Here a look-up for
 * an id that is not there ends at one number, in most cases. A value that would be too far from its slot is not kept, so owners must be
 * able to do without: JetStream knows every id as well. See docs/decisions/0388.
 */
export class SourceIds<Value> {
  #hashes: Int32Array;
  #sources: string[];
  #ids: string[];
  #values: (Value | undefined)[];
  #size = 0;

  /** `expected`: values for which the table need not grow. */
  constructor(expected = 0) {
    const slots = slotsFor(expected);
    this.#hashes = new Int32Array(slots);
    this.#sources = new Array(slots);
    this.#ids = new Array(slots);
    this.#values = new Array(slots);
  }

  get size(): number {
    return this.#size;
  }

  /** `source` is a NATS subject. */
  get(source: string, id: string, hash = identityHash(source, id)): Value | undefined {
    const slot = this.#find(source, id, hash);
    return slot < 0 ? undefined : this.#values[slot];
  }

  set(source: string, id: string, value: Value): void {
    if (this.#size * 2 >= this.#hashes.length) this.#grow();
    const hash = identityHash(source, id);
    const known = this.#find(source, id, hash);
    if (known >= 0) this.#values[known] = value;
    else this.#put(hash, source, id, value);
  }

  delete(source: string, id: string): void {
    const slot = this.#find(source, id, identityHash(source, id));
    if (slot < 0) return;
    this.#hashes[slot] = DELETED;
    this.#values[slot] = undefined;
    this.#size--;
  }

  /** The slot of an identity; -1 when there is none. */
  #find(source: string, id: string, hash: number): number {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    for (let distance = 0; distance < DISTANCE_MAX; distance++) {
      const slot = (hash + distance) & mask;
      const found = hashes[slot];
      if (found === FREE) return -1;
      if (found === hash && this.#ids[slot] === id && this.#sources[slot] === source) return slot;
    }
    return -1;
  }

  #put(hash: number, source: string, id: string, value: Value): void {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    for (let distance = 0; distance < DISTANCE_MAX; distance++) {
      const slot = (hash + distance) & mask;
      if (hashes[slot] !== FREE && hashes[slot] !== DELETED) continue;
      hashes[slot] = hash;
      this.#sources[slot] = source;
      this.#ids[slot] = id;
      this.#values[slot] = value;
      this.#size++;
      return;
    }
  }

  #grow(): void {
    const [hashes, sources, ids, values] = [this.#hashes, this.#sources, this.#ids, this.#values];
    const slots = hashes.length * 2;
    this.#hashes = new Int32Array(slots);
    this.#sources = new Array(slots);
    this.#ids = new Array(slots);
    this.#values = new Array(slots);
    this.#size = 0;
    for (let i = 0; i < hashes.length; i++) {
      if (hashes[i] === FREE || hashes[i] === DELETED) continue;
      this.#put(hashes[i]!, sources[i]!, ids[i]!, values[i]!);
    }
  }
}

function slotsFor(values: number): number {
  let slots = SLOTS_MIN;
  while (slots < values * 2) slots *= 2;
  return slots;
}
