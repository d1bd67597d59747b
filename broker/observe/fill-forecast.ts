import { type FreeSpace, keptBack } from '../nats/space/free-space.js';

interface Sample {
  atMs: number;
  free: number;
}

const SAMPLE_INTERVAL_MS = 60_000;
const SAMPLES_MAX = 60;

/** When events will be refused, from how fast the store filled in the last hour. */
export class FillForecast {
  readonly #samples: Sample[] = [];

  constructor(private readonly nowMs: () => number) {}

  /** Seconds; Infinity while the store does not fill, or has been watched for less than a minute. */
  secondsUntilFull(space: FreeSpace): number {
    const sample = { atMs: this.nowMs(), free: space.free };
    const newest = this.#samples.at(-1);
    if (!newest || sample.atMs - newest.atMs >= SAMPLE_INTERVAL_MS) this.#samples.push(sample);
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
    const [oldest] = this.#samples as [Sample];
    const filledPerMs = (oldest.free - sample.free) / (sample.atMs - oldest.atMs);
    const left = space.free - keptBack(space);
    if (left <= 0) return 0;
    if (sample.atMs - oldest.atMs < SAMPLE_INTERVAL_MS || !(filledPerMs > 0)) return Number.POSITIVE_INFINITY;
    return left / filledPerMs / 1000;
  }
}
