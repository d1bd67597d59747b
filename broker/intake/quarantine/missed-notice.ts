import { SpacedReports } from '../../../proto/async/spaced-reports.js';

/** An operator needs to know that it happens, not each time. */
const NOTICE_INTERVAL_MS = 10_000;

/** Reports rejected events that could not be quarantined, at most once in ten seconds, with their number since the last report. */
export class MissedNotice {
  readonly #reports: SpacedReports;

  constructor(
    clock: () => number,
    private readonly report: (message: string, error: unknown) => void,
  ) {
    this.#reports = new SpacedReports(clock, NOTICE_INTERVAL_MS);
  }

  add(events: number, error: unknown): void {
    const missed = this.#reports.count('', events);
    if (missed !== undefined) this.report(`the store did not take rejected events into quarantine: ${missed}`, error);
  }
}
