interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** Events that each system may send per second, by a bucket of tokens that holds those of one second. */
export class EventRate {
  readonly #buckets = new Map<string, Bucket>();

  /** `clockMs` is monotonic. The systems are those of the ledger, so the map is bounded by them. */
  constructor(
    private readonly eventsPerSecond: number,
    private readonly clockMs: () => number,
  ) {}

  /** False, with nothing taken, while the system is above its rate. A batch larger than the bucket waits until it is full. */
  take(system: string, events: number): boolean {
    const now = this.clockMs();
    let bucket = this.#buckets.get(system);
    if (!bucket) {
      bucket = { tokens: this.eventsPerSecond, filledAtMs: now };
      this.#buckets.set(system, bucket);
    }
    const earned = ((now - bucket.filledAtMs) / 1000) * this.eventsPerSecond;
    bucket.tokens = Math.min(this.eventsPerSecond, bucket.tokens + earned);
    bucket.filledAtMs = now;
    if (bucket.tokens < Math.min(events, this.eventsPerSecond)) return false;
    bucket.tokens -= events;
    return true;
  }
}
