import type { Logger } from 'pino';
import type { DeliveredEvent } from '../../proto/event/event.js';
import type { CanaryMetrics } from './canary-metrics.js';
import { deliveryProblem } from './canary-record.js';
import type { HourlySecrets, LeakMedium } from './secrets.js';
import { StreamSearch } from './secrets.js';

/** Findings in the log per medium, so that a leak in every frame does not fill the disk; the metric counts all. */
const LOGGED_MAX = 100;

/** Judges every byte that the canary receives, counts findings and says where they were, never what. */
export class LeakWatch {
  readonly #logged = new Map<LeakMedium, number>();

  constructor(
    private readonly secrets: HourlySecrets,
    private readonly metrics: CanaryMetrics,
    private readonly log: Logger,
  ) {}

  /** A function that searches the pieces of one stream. `source` names it in the log: a transport, a file. */
  stream(medium: LeakMedium, source: string): (piece: Uint8Array) => void {
    const search = new StreamSearch(this.secrets);
    return (piece) => {
      this.metrics.searched(medium, piece.length);
      if (search.hasLeak(piece)) this.#found(medium, source, 'a secret of the canary');
    };
  }

  text(medium: LeakMedium, source: string, text: string): void {
    this.stream(medium, source)(Buffer.from(text));
  }

  delivered(source: string, event: DeliveredEvent): void {
    const problem = deliveryProblem(event);
    if (problem !== undefined) this.#found('stream', source, problem);
  }

  #found(medium: LeakMedium, source: string, what: string): void {
    this.metrics.leak(medium);
    const logged = this.#logged.get(medium) ?? 0;
    this.#logged.set(medium, logged + 1);
    if (logged < LOGGED_MAX) this.log.fatal({ medium, source, what }, 'LEAK: the bus gave out what is not granted');
  }
}
