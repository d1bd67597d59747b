/** Interval of reports that tell an operator whom to call: once is enough, not for each event. */
export const NOTICE_INTERVAL_MS = 600_000;
/** By then a large fault has another count than a small one. */
const SECOND_NOTICE_MS = 60_000;

/** Keys with a report each; of more, all are forgotten. */
const KEYS_MAX = 1_000;

interface Reported {
  atMs: number;
  unreported: number;
  /** Time until the next report. */
  waitMs: number;
}

/**
 * Says when something that goes on is to be reported again: for each key at once, and then at most once in an interval. The first
 * report has a count of one whether it is the first of thousands or the only one, so the second may come sooner.
 */
export class SpacedReports {
  readonly #keys = new Map<string, Reported>();

  constructor(
    private readonly clock: () => number,
    private readonly intervalMs: number,
    private readonly secondAfterMs = intervalMs,
  ) {}

  /** Counts some. Returns how many to report now; undefined while the last report of the key is younger than the interval. */
  count(key: string, events = 1): number | undefined {
    if (this.#keys.size >= KEYS_MAX && !this.#keys.has(key)) this.#keys.clear();
    const known = this.#keys.get(key) ?? { atMs: Number.NEGATIVE_INFINITY, unreported: 0, waitMs: 0 };
    this.#keys.set(key, known);
    known.unreported += events;
    const nowMs = this.clock();
    const sinceMs = nowMs - known.atMs;
    if (sinceMs < known.waitMs) return undefined;
    // After a silence it has begun anew.
    known.waitMs = sinceMs >= 2 * this.intervalMs ? this.secondAfterMs : this.intervalMs;
    const { unreported } = known;
    known.atMs = nowMs;
    known.unreported = 0;
    return unreported;
  }
}

/** Reports that tell an operator whom to call: for each key at once, after a minute and then at most once in ten minutes. */
export function operatorReports(clock: () => number): SpacedReports {
  return new SpacedReports(clock, NOTICE_INTERVAL_MS, SECOND_NOTICE_MS);
}
