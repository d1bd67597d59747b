import { LruMap } from '../../../proto/collections/lru-map.js';
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
/** Acts that are remembered, so that each is reported once though it ends hundreds of subscriptions; their positions are on the ledger. */
const ACTS_MAX = 1_000;

/**
 * Counts how long each act took to the last byte under the right that it ended, and names the right when it took too long. The time until
 * this broker had read the act distinguishes a broker that was held, cut off or has another clock from a client that reads slowly.
 */
export class RevocationReport {
  readonly #reported = new LruMap<string, true>(ACTS_MAX);

  constructor(private readonly deps: RevocationReportDeps) {}

  /** The last byte that was sent under the right has left the process. */
  lastByteSent({ right, atMs, readAtMs }: EndingAct): void {
    const { metrics, clock, warn } = this.deps;
    const secondsTo = (timeMs: number): number => Math.max(0, timeMs - atMs) / 1000;
    const seconds = secondsTo(clock());
    metrics.revoked(seconds);
    const act = `${right} ${atMs}`;
    if (seconds <= SECONDS_MAX || this.#reported.get(act)) return;
    this.#reported.set(act, true);
    const read = `this broker had read the act after ${secondsTo(readAtMs).toFixed(2)} s`;
    warn(`bytes under ${right} went out until ${seconds.toFixed(2)} s after the act that ended it; ${read}`);
  }
}
