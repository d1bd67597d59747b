import type { Format } from '../metrics/output/exposition.js';
import type { Serving } from './serve-http.js';

/** A worker serves. */
export interface WorkerServing extends Serving {
  kind: 'serving';
  trial: boolean;
  newOperatorToken: string | undefined;
}

/** A worker has learned that no process of this broker may go on, and why. */
export interface WorkerMustEnd {
  kind: 'must-end';
  message: string;
}

/** A worker asks for the metrics of all workers together; the primary answers with the same `id`. */
export interface MetricsQuestion {
  kind: 'metrics';
  id: number;
  format: Format;
}
export interface MetricsAnswer {
  kind: 'metrics';
  id: number;
  text: string;
}

/** The primary asks a worker for its own part of the metrics; the worker answers with the same `id`. */
export interface MetricsPartQuestion {
  kind: 'metrics-question';
  id: number;
}
export interface MetricsOfWorker {
  kind: 'worker-metrics';
  id: number;
  /** As `toMessage` writes them. */
  metrics: string;
}

/** Cursor subject, events delivered under it, whether it is followed, and the credit of its session: null without one. */
export type CursorUseRow = [cursor: string, delivered: number, connected: boolean, credit: number | null];

/** A worker asks what all workers together have delivered by cursor; the primary answers with the same `id`, in parts. */
export interface UsesQuestion {
  kind: 'uses';
  id: number;
}
export interface UsesAnswer {
  kind: 'uses';
  id: number;
  rows: CursorUseRow[];
  isLast: boolean;
}

/** The primary asks a worker for its own part; the worker answers with the same `id`, in parts. */
export interface UseQuestion {
  kind: 'use-question';
  id: number;
}
export interface UsesOfWorker {
  kind: 'worker-uses';
  id: number;
  rows: CursorUseRow[];
  isLast: boolean;
}

/** The primary orders a worker to finish what is in flight and end. */
export interface DrainOrder {
  kind: 'drain';
}

/** The primary orders a worker to read the TLS certificate again. */
export interface ReloadTlsOrder {
  kind: 'reload-tls';
}

export type FromWorker =
  | WorkerServing
  | WorkerMustEnd
  | MetricsQuestion
  | MetricsOfWorker
  | UsesQuestion
  | UsesOfWorker;
export type ToWorker = MetricsAnswer | MetricsPartQuestion | UsesAnswer | UseQuestion | DrainOrder | ReloadTlsOrder;
