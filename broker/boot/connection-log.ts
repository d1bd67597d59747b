import type { Logger } from 'pino';
import { SpacedReports } from '../../proto/async/spaced-reports.js';

/** Attempts come several times a second, and their reason is wanted by whoever looks at the log now. */
const REASON_INTERVAL_MS = 60_000;

/** Logs changes of the connection to NATS and why it does not come back: each reason at once, then once a minute with its number of attempts. */
export class ConnectionLog {
  #reasons: SpacedReports;

  constructor(
    private readonly clockMs: () => number,
    private readonly log: Pick<Logger, 'info' | 'warn'>,
  ) {
    this.#reasons = this.#noneReported();
  }

  changed(up: boolean): void {
    if (up) this.log.info('connection to NATS re-established');
    else this.log.warn('connection to NATS lost');
    this.#reasons = this.#noneReported();
  }

  attemptFailed(reason: string): void {
    const attempts = this.#reasons.count(reason);
    if (attempts === undefined) return;
    this.log.warn({ attempts, reason }, 'connection to NATS is refused or fails');
  }

  #noneReported(): SpacedReports {
    return new SpacedReports(this.clockMs, REASON_INTERVAL_MS);
  }
}
