import type { Serving } from './serve-http.js';

/** What a worker tells once it serves. */
export interface WorkerServing extends Serving {
  kind: 'serving';
  trial: boolean;
  newOperatorToken: string | undefined;
}

/** A worker asks for the metrics of all workers together; the primary answers with the same `id`. */
export interface MetricsQuestion {
  kind: 'metrics';
  id: number;
}
export interface MetricsAnswer {
  kind: 'metrics';
  id: number;
  text: string;
}

/** The primary asks a worker to finish and go. */
export interface DrainOrder {
  kind: 'drain';
}

export type FromWorker = WorkerServing | MetricsQuestion;
export type ToWorker = MetricsAnswer | DrainOrder;
