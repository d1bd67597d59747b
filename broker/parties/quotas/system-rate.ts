interface Bucket {
  tokens: number;
  filledAtMs: number;
}

export interface RateBounds {
  perSecond: number;
  /** Tokens that a bucket holds. Left out: those of one second. */
  burst?: number;
}

/** Bounds how much each system takes per second, by a bucket of tokens. */
export class SystemRate {
  readonly #buckets = new Map<string, Bucket>();

  /** `clockMs` is monotonic. The systems are those of the ledger, so the map is bounded by them. */
  constructor(
    private readonly bounds: RateBounds,
    private readonly clockMs: () => number,
  ) {}

  /** False, with nothing taken, while the system is above its rate. What is larger than the bucket waits until it is full. */
  take(system: string, tokens: number): boolean {
    const { perSecond, burst = perSecond } = this.bounds;
    const now = this.clockMs();
    let bucket = this.#buckets.get(system);
    if (!bucket) {
      bucket = { tokens: burst, filledAtMs: now };
      this.#buckets.set(system, bucket);
    }
    const earned = ((now - bucket.filledAtMs) / 1000) * perSecond;
    bucket.tokens = Math.min(burst, bucket.tokens + earned);
    bucket.filledAtMs = now;
    if (bucket.tokens < Math.min(tokens, burst)) return false;
    bucket.tokens -= tokens;
    return true;
  }
}
