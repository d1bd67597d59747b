/** An operator needs to know that it happens, not each time. */
const NOTICE_INTERVAL_MS = 10_000;

/** Reports rejected events that could not be quarantined, at most once in ten seconds, with their number since the last report. */
export class MissedNotice {
  #unreported = 0;
  #reportedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: () => number,
    private readonly report: (message: string, error: unknown) => void,
  ) {}

  add(events: number, error: unknown): void {
    this.#unreported += events;
    const now = this.clock();
    if (now - this.#reportedAtMs < NOTICE_INTERVAL_MS) return;
    this.report(`the store did not take rejected events into quarantine: ${this.#unreported}`, error);
    this.#reportedAtMs = now;
    this.#unreported = 0;
  }
}
