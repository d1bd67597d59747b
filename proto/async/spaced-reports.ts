/** Keys with a report each; of more, all are forgotten. */
const KEYS_MAX = 1_000;

interface Reported {
  atMs: number;
  unreported: number;
}

/** Says when something that goes on is to be reported again: for each key at once, and then at most once in an interval. */
export class SpacedReports {
  readonly #keys = new Map<string, Reported>();

  constructor(
    private readonly clock: () => number,
    private readonly intervalMs: number,
  ) {}

  /** Counts some. Returns how many to report now; undefined while the last report of the key is younger than the interval. */
  count(key: string, events = 1): number | undefined {
    if (this.#keys.size >= KEYS_MAX && !this.#keys.has(key)) this.#keys.clear();
    const known = this.#keys.get(key) ?? { atMs: Number.NEGATIVE_INFINITY, unreported: 0 };
    this.#keys.set(key, known);
    known.unreported += events;
    const nowMs = this.clock();
    if (nowMs - known.atMs < this.intervalMs) return undefined;
    const { unreported } = known;
    known.atMs = nowMs;
    known.unreported = 0;
    return unreported;
  }
}
