import { SpacedReports } from '../../../proto/async/spaced-reports.js';
import type { StreamMetrics } from '../../metrics/stream-metrics.js';

/** An act on the ledger that ended a right under which something was open at this broker. */
export interface EndingAct {
  /** The right and its holder, for the log: `grant g (party p, system s)`. */
  right: string;
  /** By the clock of the broker that took the act. */
  atMs: number;
  /** When this broker read it. */
  readAtMs: number;
}

export interface RevocationReportDeps {
  metrics: Pick<StreamMetrics, 'revoked'>;
  /** Takes the times of the ledger's records. */
  clock(): number;
  warn(message: string): void;
}

/** Above this `SluiceRevocationSlow` fires: it is a bound of its histogram. */
const SECONDS_MAX = 1;
/** One act may end hundreds of subscriptions in the same moment; their positions are on the ledger. */
const SAME_ACT_MS = 600_000;

/**
 * Counts how long each act took to the last byte under the right that it ended, and names the right when it took too long. The time until
 * this broker had read the act distinguishes a broker that was held, cut off or has another clock from a client that reads slowly.
 */
export class RevocationReport {
  readonly #acts: SpacedReports;

  constructor(private readonly deps: RevocationReportDeps) {
    this.#acts = new SpacedReports(deps.clock, SAME_ACT_MS);
  }

  /** The last byte that was sent under the right has left the process. */
  lastByteSent({ right, atMs, readAtMs }: EndingAct): void {
    const { metrics, clock, warn } = this.deps;
    const secondsTo = (timeMs: number): number => Math.max(0, timeMs - atMs) / 1000;
    const seconds = secondsTo(clock());
    metrics.revoked(seconds);
    if (seconds <= SECONDS_MAX || this.#acts.count(`${right} ${atMs}`) === undefined) return;
    const read = `this broker had read the act after ${secondsTo(readAtMs).toFixed(2)} s`;
    warn(`bytes under ${right} went out until ${seconds.toFixed(2)} s after the act that ended it; ${read}`);
  }
}
