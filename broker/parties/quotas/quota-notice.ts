import { operatorReports, type SpacedReports } from '../../../proto/async/spaced-reports.js';
import type { QuotaError, QuotaName } from './quota-error.js';

export interface QuotaNoticeDeps {
  /** Monotonic. */
  clockMs: () => number;
  metrics: { quotaRefused(quota: QuotaName, party: string | undefined, count: number): void };
  report: (message: string) => void;
}

/**
 * Counts and reports what a quota refuses. The log names whose it is: quota and
 * holder, each at once, after a minute and then at most once in ten minutes with their number since the last report.
 */
export class QuotaNotice {
  readonly #reports: SpacedReports;

  constructor(private readonly deps: QuotaNoticeDeps) {
    this.#reports = operatorReports(deps.clockMs);
  }

  /** Events of a system, at intake. */
  eventsRefused(quota: QuotaName, { id, party }: { id: string; party: string }, events: number): void {
    this.#add(quota, party, `events of system ${id} (party ${party})`, events);
  }

  /** A request, over HTTP or on a session; the holder of the quota is the party of the caller, or a system of it. */
  requestRefused({ quota, holder }: QuotaError, party: string | undefined): void {
    this.#add(quota, party, `requests of ${holder}`, 1);
  }

  #add(quota: QuotaName, party: string | undefined, refused: string, count: number): void {
    this.deps.metrics.quotaRefused(quota, party, count);
    this.#reports.add(
      `${quota} ${refused}`,
      (unreported) => this.deps.report(`${refused} over quotas.${quota} since the last such line: ${unreported}`),
      count,
    );
  }
}
