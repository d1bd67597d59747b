import { operatorReports, type SpacedReports } from '../../../proto/async/spaced-reports.js';

export interface RejectingReader {
  grant: string;
  party: string;
  system: string;
  entry: string;
}

/**
 * Reports who rejects events: grant, party, system and entry, for each grant at once, after a minute and then at most once in ten minutes
 * with their number since the last report. The reason is the subscriber's own text and may hold a value of the record, so it is not in the log
 * (docs/decisions/0280).
 */
export class RejectionNotice {
  readonly #reports: SpacedReports;

  constructor(
    clock: () => number,
    private readonly report: (message: string) => void,
  ) {
    this.#reports = operatorReports(clock);
  }

  add({ grant, party, system, entry }: RejectingReader): void {
    const reader = `party ${party}, system ${system}, entry ${entry}`;
    this.#reports.add(grant, (events) =>
      this.report(`rejected events of grant ${grant} since the last such line: ${events} (${reader})`),
    );
  }
}
