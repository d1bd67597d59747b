import { randomInt } from 'node:crypto';

const SHARDS = 64;
const SHARD_SLOTS_MIN = 64;
const SEED_MAX = 2 ** 32;

/** One part of the table, as it is written into a checkpoint. */
interface Shard {
  count: number;
  /** Both halves of a subject's hash, one after the other; a slot without sequence is free. */
  hashes: Uint32Array;
  sequences: Float64Array;
}

export interface SavedShard {
  shard: number;
  seeds: [number, number];
  hashes: Uint8Array;
  sequences: Uint8Array;
}

/**
 * Subject → sequence of its newest record. A ledger has a million subjects, which as strings in a map would take 150 MB; here each is
 * a hash of 64 bits. Two subjects with one hash would have the writes to one of them refused: the chance is 1 in
 * 10 million at two million subjects, and nobody can aim at it, since the hash begins with numbers drawn at random.
 */
export class SubjectSequences {
  readonly #shards = Array.from({ length: SHARDS }, () => emptyShard(SHARD_SLOTS_MIN));
  #seeds: [number, number] = [randomInt(SEED_MAX), randomInt(SEED_MAX)];
  #high = 0;
  #low = 0;

  /** 0 for a subject without record. */
  get(subject: string): number {
    this.#hash(subject);
    const shard = this.#shard();
    return shard.sequences[slotOf(shard, this.#high, this.#low)] as number;
  }

  set(subject: string, seq: number): void {
    this.#hash(subject);
    let shard = this.#shard();
    if (shard.count * 2 >= shard.sequences.length) {
      shard = grown(shard);
      this.#shards[this.#high % SHARDS] = shard;
    }
    put(shard, this.#high, this.#low, seq);
  }

  /** A copy of all parts. */
  save(): SavedShard[] {
    return this.#shards.map(({ hashes, sequences }, shard) => ({
      shard,
      seeds: this.#seeds,
      hashes: bytesOf(hashes.slice()),
      sequences: bytesOf(sequences.slice()),
    }));
  }

  /** Takes a part into an empty table. */
  load({ shard, seeds, hashes, sequences }: SavedShard): void {
    this.#seeds = seeds;
    const loaded = emptyShard(sequences.length / Float64Array.BYTES_PER_ELEMENT);
    bytesOf(loaded.hashes).set(hashes);
    bytesOf(loaded.sequences).set(sequences);
    loaded.count = loaded.sequences.reduce((count, seq) => (seq > 0 ? count + 1 : count), 0);
    this.#shards[shard] = loaded;
  }

  #shard(): Shard {
    return this.#shards[this.#high % SHARDS] as Shard;
  }

  /** Two multiplicative hashes that are mixed at the end, as in cyrb53. */
  #hash(subject: string): void {
    let [high, low] = this.#seeds;
    for (let i = 0; i < subject.length; i++) {
      const code = subject.charCodeAt(i);
      high = Math.imul(high ^ code, 2_654_435_761);
      low = Math.imul(low ^ code, 1_597_334_677);
    }
    high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
    low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
    this.#high = high >>> 0;
    this.#low = low >>> 0;
  }
}

const emptyShard = (slots: number): Shard => ({
  count: 0,
  hashes: new Uint32Array(slots * 2),
  sequences: new Float64Array(slots),
});

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint32Array | Float64Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** The slot of a hash, or the free one where it belongs. */
function slotOf({ hashes, sequences }: Shard, high: number, low: number): number {
  const mask = sequences.length - 1;
  for (let slot = low & mask; ; slot = (slot + 1) & mask) {
    if (sequences[slot] === 0 || (hashes[slot * 2] === high && hashes[slot * 2 + 1] === low)) return slot;
  }
}

function put(shard: Shard, high: number, low: number, seq: number): void {
  const slot = slotOf(shard, high, low);
  if (shard.sequences[slot] === 0) shard.count++;
  shard.hashes[slot * 2] = high;
  shard.hashes[slot * 2 + 1] = low;
  shard.sequences[slot] = seq;
}

function grown(shard: Shard): Shard {
  const larger = emptyShard(shard.sequences.length * 2);
  for (const [slot, seq] of shard.sequences.entries()) {
    if (seq > 0) put(larger, shard.hashes[slot * 2] as number, shard.hashes[slot * 2 + 1] as number, seq);
  }
  return larger;
}
