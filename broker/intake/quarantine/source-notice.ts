import { operatorReports, type SpacedReports } from '../../../proto/async/spaced-reports.js';
import type { ErrorCode } from '../../../proto/errors.js';
import type { QuarantineEntry } from './quarantine-record.js';

/**
 * Reports whose rejected events are kept, or lost: entry, system, code and item, each at once, after a minute and then at most once in
 * ten minutes with their number since the last report. The metric only says that there are some.
 */
export class SourceNotice {
  readonly #reports: SpacedReports;

  constructor(
    clock: () => number,
    private readonly events: 'quarantined events of entry' | 'lost rejected events of entry',
    private readonly report: (message: string, error?: unknown) => void,
  ) {
    this.#reports = operatorReports(clock);
  }

  add({ subject, item }: Pick<QuarantineEntry, 'subject' | 'item'>, code: ErrorCode, error?: unknown): void {
    const flaw = item === undefined ? code : `${code} in item ${item}`;
    this.#reports.add(`${subject} ${flaw}`, (events) => {
      const [, party, name, system] = subject.split('.');
      const source = `system ${system}, ${flaw}`;
      this.report(`${this.events} ${party}.${name} since the last such line: ${events} (${source})`, error);
    });
  }
}
