import type { Logger } from 'pino';
import { operatorReports, type SpacedReports } from '../../proto/async/spaced-reports.js';
import type { DeliveredEvent } from '../../proto/event/event.js';
import type { CanaryMetrics, CanaryTransport } from './canary-metrics.js';
import { deliveryProblem } from './canary-record.js';
import type { HourlySecrets, LeakMedium } from './secrets.js';
import { StreamSearch } from './secrets.js';

/**
 * Judges every byte that the canary receives, counts findings and logs where they were, never the value: medium, source and kind of each
 * at once, after a minute and then at most once in ten minutes, so that a leak in every frame does not fill the disk.
 */
export class LeakWatch {
  readonly #reports: SpacedReports;

  constructor(
    private readonly secrets: HourlySecrets,
    private readonly metrics: Pick<CanaryMetrics, 'leak' | 'searched'>,
    private readonly log: Pick<Logger, 'fatal'>,
    clock: () => number = () => performance.now(),
    private readonly isForSource = false,
  ) {
    this.#reports = operatorReports(clock);
  }

  /** Judges what is answered to the source of the canary: it holds the ids that the source gave. */
  forSource(): LeakWatch {
    return new LeakWatch(this.secrets, this.metrics, this.log, undefined, true);
  }

  /** Returns a function that searches the pieces of one stream. `source` names it in the log: a transport, a file. */
  stream(medium: LeakMedium, source: string): (piece: Uint8Array) => void {
    const search = new StreamSearch(this.secrets, this.isForSource);
    return (piece) => {
      this.metrics.searched(medium, piece.length);
      if (search.hasLeak(piece)) this.found(medium, source, 'a secret of the canary');
    };
  }

  text(medium: LeakMedium, source: string, text: string): void {
    this.stream(medium, source)(Buffer.from(text));
  }

  delivered(transport: CanaryTransport, partition: number, event: DeliveredEvent): void {
    const problem = deliveryProblem(transport, partition, event);
    if (problem !== undefined) this.found('stream', transport, problem);
  }

  /** Counts a leak, and logs it as far as it is not the same one again. */
  found(medium: LeakMedium, source: string, what: string): void {
    this.metrics.leak(medium);
    this.#reports.add(`${medium} ${source} ${what}`, (findings) =>
      this.log.fatal({ medium, source, what, findings }, 'LEAK: the bus gave out what is not granted'),
    );
  }
}
