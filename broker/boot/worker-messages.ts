import type { Format } from '../metrics/output/exposition.js';
import type { Serving } from './serving/serve-http.js';

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

/** Events that the workers count apart: delivered under each cursor, accepted of each entry, and those that a party must act on. */
export type Counted = 'delivered' | 'accepted' | 'parties';

/**
 * Cursor subject, entry, or kind with party and cause; its events, whether the cursor is followed, and the credit of its session: null without one. A party's number of
 * now stands where a session has its credit.
 */
export type CountRow = [key: string, events: number, connected: boolean, credit: number | null];

/** A worker asks for the counts of all workers together; the primary answers with the same `id`, in parts. */
export interface CountsQuestion {
  kind: 'counts';
  id: number;
  of: Counted;
}
export interface CountsAnswer {
  kind: 'counts';
  id: number;
  of: Counted;
  rows: CountRow[];
  isLast: boolean;
}

/** The primary asks a worker for its own part; the worker answers with the same `id`, in parts. */
export interface CountsPartQuestion {
  kind: 'counts-question';
  id: number;
  of: Counted;
}
export interface CountsOfWorker {
  kind: 'worker-counts';
  id: number;
  of: Counted;
  rows: CountRow[];
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
  | CountsQuestion
  | CountsOfWorker;
export type ToWorker =
  | MetricsAnswer
  | MetricsPartQuestion
  | CountsAnswer
  | CountsPartQuestion
  | DrainOrder
  | ReloadTlsOrder;
