import { SpacedReports } from '../../../proto/async/spaced-reports.js';
import type { ErrorCode } from '../../../proto/errors.js';
import type { QuarantineEntry } from './quarantine-record.js';

/** A report tells an operator which source to repair; once is enough, not for each event. */
const NOTICE_INTERVAL_MS = 600_000;

/**
 * Reports whose events are quarantined: entry, system and code, each at most once in ten minutes with their number since the last
 * report. The metric only says that there are some.
 */
export class KeptNotice {
  readonly #reports: SpacedReports;

  constructor(
    clock: () => number,
    private readonly report: (message: string) => void,
  ) {
    this.#reports = new SpacedReports(clock, NOTICE_INTERVAL_MS);
  }

  add({ subject }: Pick<QuarantineEntry, 'subject'>, code: ErrorCode): void {
    const events = this.#reports.count(`${subject} ${code}`);
    if (events === undefined) return;
    const [, party, name, system] = subject.split('.');
    this.report(`${events} events of entry ${party}.${name} from system ${system} are quarantined: ${code}`);
  }
}
