import type { BenchEvent } from '../documents/bench-entry.js';
import type { Histogram } from '../harness/histogram.js';

/** Publishes events of a bench one way or another. */
export interface EventPublisher {
  publish(events: BenchEvent[]): void;
  /** Events published and not answered yet. */
  readonly unanswered: number;
  readonly acknowledged: number;
  readonly refused: number;
  /** First refusal in words. */
  readonly refusal: string | undefined;
  /** From publish to its answer. */
  latency: Histogram;
  /** May more be handed over, for the way itself? */
  readonly isReady: boolean;
  close(): Promise<void>;
}
