/** Buckets per doubling: a percentile is read with an error below 3 %. */
const STEPS_PER_DOUBLING = 24;
/** Covers up to 2^36 microseconds, 19 hours. */
const BUCKETS = 36 * STEPS_PER_DOUBLING;

export interface Percentiles {
  count: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  maxMs: number;
}

/**
 * Durations in microseconds, counted in buckets that grow by 3 %, so that histograms of several processes can be added.
 */
export class Histogram {
  readonly #counts = new Array<number>(BUCKETS).fill(0);
  #count = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  record(micros: number): void {
    const bucket = Math.min(BUCKETS - 1, Math.floor(Math.log2(Math.max(1, micros)) * STEPS_PER_DOUBLING));
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#count++;
    if (micros > this.#max) this.#max = micros;
  }

  /** The serialised form for another process: the filled buckets and the greatest value. */
  toJSON(): HistogramData {
    const filled: [number, number][] = [];
    for (const [bucket, count] of this.#counts.entries()) if (count > 0) filled.push([bucket, count]);
    return { filled, max: this.#max };
  }

  add({ filled, max }: HistogramData): this {
    for (const [bucket, count] of filled) {
      this.#counts[bucket] = (this.#counts[bucket] as number) + count;
      this.#count += count;
    }
    this.#max = Math.max(this.#max, max);
    return this;
  }

  percentiles(): Percentiles {
    const at = (share: number) => round(this.#quantileMicros(share) / 1000);
    return { count: this.#count, p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), maxMs: round(this.#max / 1000) };
  }

  #quantileMicros(share: number): number {
    let left = Math.ceil(this.#count * share);
    for (const [bucket, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0 && count > 0) return Math.min(this.#max, 2 ** ((bucket + 0.5) / STEPS_PER_DOUBLING));
    }
    return 0;
  }
}

export interface HistogramData {
  filled: [bucket: number, count: number][];
  max: number;
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
