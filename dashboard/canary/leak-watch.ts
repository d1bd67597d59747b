import type { Logger } from 'pino';
import type { DeliveredEvent } from '../../proto/event/event.js';
import type { CanaryMetrics } from './canary-metrics.js';
import { deliveryProblem } from './canary-record.js';
import type { HourlySecrets, LeakPlace } from './secrets.js';
import { StreamSearch } from './secrets.js';

/** Findings in the log per place, so that a leak in every frame does not fill the disk; the metric counts all. */
const LOGGED_MAX = 100;

/** Judges every byte that the canary receives, counts findings and says where they were, never what. */
export class LeakWatch {
  readonly #logged = new Map<LeakPlace, number>();

  constructor(
    private readonly secrets: HourlySecrets,
    private readonly metrics: CanaryMetrics,
    private readonly log: Logger,
  ) {}

  /** A function that searches the pieces of one stream. `source` names it in the log: a transport, a file. */
  stream(place: LeakPlace, source: string): (piece: Uint8Array) => void {
    const search = new StreamSearch(this.secrets);
    return (piece) => {
      this.metrics.searched(place, piece.length);
      if (search.hasLeak(piece)) this.#found(place, source, 'a secret of the canary');
    };
  }

  text(place: LeakPlace, source: string, text: string): void {
    this.stream(place, source)(Buffer.from(text));
  }

  delivered(source: string, event: DeliveredEvent): void {
    const problem = deliveryProblem(event);
    if (problem !== undefined) this.#found('stream', source, problem);
  }

  #found(place: LeakPlace, source: string, what: string): void {
    this.metrics.leak(place);
    const logged = this.#logged.get(place) ?? 0;
    this.#logged.set(place, logged + 1);
    if (logged < LOGGED_MAX) this.log.fatal({ place, source, what }, 'LEAK: the bus gave out what is not granted');
  }
}
