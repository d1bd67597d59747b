import type { Logger } from 'pino';
import { SpacedReports } from '../../proto/async/spaced-reports.js';

/** Attempts come several times a second, and their reason is wanted by whoever looks at the log now. */
const REASON_INTERVAL_MS = 60_000;

/** Logs changes of the connection to NATS and why it does not come back: each reason at once, then once a minute with its number of attempts. */
export class ConnectionLog {
  readonly #reasons: SpacedReports;

  constructor(
    clockMs: () => number,
    private readonly log: Pick<Logger, 'info' | 'warn'>,
  ) {
    this.#reasons = new SpacedReports(clockMs, REASON_INTERVAL_MS);
  }

  changed(up: boolean): void {
    this.#reasons.flush();
    if (up) this.log.info('connection to NATS re-established');
    else this.log.warn('connection to NATS lost');
  }

  attemptFailed(reason: string): void {
    this.#reasons.add(reason, (attempts) =>
      this.log.warn({ attempts, reason }, 'connection to NATS is refused or fails'),
    );
  }
}
