import type { BenchEvent } from '../documents/bench-entry.js';
import type { Histogram } from '../harness/histogram.js';

/** Publishes events of a bench over one transport. */
export interface EventPublisher {
  publish(events: BenchEvent[]): void;
  /** Events in flight: published and not answered yet. */
  readonly unanswered: number;
  readonly acknowledged: number;
  readonly refused: number;
  /** Code and reason of the first refusal. */
  readonly refusal: string | undefined;
  /** Time from publish to its answer. */
  latency: Histogram;
  /** False while the transport's own buffer is full. */
  readonly isReady: boolean;
  close(): Promise<void>;
}
