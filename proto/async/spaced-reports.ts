/** Interval of reports that tell an operator whom to call: once is enough, not for each event. */
export const NOTICE_INTERVAL_MS = 600_000;
/** By then a large fault has another count than a small one. */
const SECOND_NOTICE_MS = 60_000;

/** Keys with a report each; before there are more, what is not reported yet is, and all are forgotten. */
const KEYS_MAX = 1_000;

/** Writes one report about so many events. */
export type Report = (events: number) => void;

interface Reported {
  atMs: number;
  unreported: number;
  /** Time until the next report. */
  waitMs: number;
  /** That of the last event. */
  report: Report;
}

/**
 * Reports something that goes on: for each key at once, and then at most once in an interval with the number of events since, the last ones
 * before a silence too. The first report has a count of one whether it is the first of thousands or the only one, so the second may come sooner.
 */
export class SpacedReports {
  readonly #keys = new Map<string, Reported>();
  #timer: NodeJS.Timeout | undefined;
  #wakesAtMs = Number.POSITIVE_INFINITY;

  constructor(
    private readonly clock: () => number,
    private readonly intervalMs: number,
    private readonly secondAfterMs = intervalMs,
  ) {}

  /** Counts some. Calls `report` now, or with all since the last report of the key once its interval is over. */
  add(key: string, report: Report, events = 1): void {
    if (this.#keys.size >= KEYS_MAX && !this.#keys.has(key)) this.flush();
    const known = this.#keys.get(key) ?? { atMs: Number.NEGATIVE_INFINITY, unreported: 0, waitMs: 0, report };
    this.#keys.set(key, known);
    known.unreported += events;
    known.report = report;
    this.#reportOrWait(known);
  }

  /** Reports what is not reported yet, and forgets all keys: the next event of each is reported at once. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#wakesAtMs = Number.POSITIVE_INFINITY;
    const keys = [...this.#keys.values()];
    this.#keys.clear();
    for (const { report, unreported } of keys) if (unreported > 0) report(unreported);
  }

  #reportOrWait(known: Reported): void {
    const nowMs = this.clock();
    const sinceMs = nowMs - known.atMs;
    if (sinceMs < known.waitMs) {
      this.#wakeAt(known.atMs + known.waitMs, nowMs);
      return;
    }
    // After a silence it has begun anew.
    known.waitMs = sinceMs >= 2 * this.intervalMs ? this.secondAfterMs : this.intervalMs;
    const { report, unreported } = known;
    known.atMs = nowMs;
    known.unreported = 0;
    report(unreported);
  }

  #wakeAt(dueMs: number, nowMs: number): void {
    if (dueMs >= this.#wakesAtMs) return;
    this.#wakesAtMs = dueMs;
    clearTimeout(this.#timer);
    // A clock that went back does not make the wait longer. A process that ends loses the last count.
    this.#timer = setTimeout(() => this.#wake(), Math.min(dueMs - nowMs, this.intervalMs));
    this.#timer.unref();
  }

  #wake(): void {
    this.#wakesAtMs = Number.POSITIVE_INFINITY;
    for (const known of this.#keys.values()) if (known.unreported > 0) this.#reportOrWait(known);
  }
}

/** Reports that tell an operator whom to call: for each key at once, after a minute and then at most once in ten minutes. */
export function operatorReports(clock: () => number): SpacedReports {
  return new SpacedReports(clock, NOTICE_INTERVAL_MS, SECOND_NOTICE_MS);
}
