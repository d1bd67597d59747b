import { NOTICE_INTERVAL_MS, SECOND_NOTICE_MS, SpacedReports } from '../../../proto/async/spaced-reports.js';

/**
 * Reports whose events a quota refuses: quota and system, each at once, after a minute and then at most once in ten minutes with their
 * number since the last report. Metrics count such events by code alone, as they do those that the bus itself cannot take.
 */
export class QuotaNotice {
  readonly #reports: SpacedReports;

  constructor(
    clock: () => number,
    private readonly report: (message: string) => void,
  ) {
    this.#reports = new SpacedReports(clock, NOTICE_INTERVAL_MS, SECOND_NOTICE_MS);
  }

  /** `quota` is the name of its setting below `quotas`. */
  add(quota: string, system: string, refused: number): void {
    const events = this.#reports.count(`${quota} ${system}`, refused);
    if (events === undefined) return;
    this.report(`events of system ${system} over quotas.${quota} since the last such line: ${events}`);
  }
}
