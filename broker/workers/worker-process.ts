import cluster from 'node:cluster';
import type { Broker } from '../broker-life.js';
import type { Serving } from '../serve-http.js';
import type { ToWorker, WorkerServing } from './worker-messages.js';

/** True in a process that a primary has started. */
export const isWorker = (): boolean => cluster.isWorker;

/** Tells the primary that this worker serves. */
export function reportServing({ trial, newOperatorToken }: Broker, serving: Serving): void {
  process.send?.({ kind: 'serving', ...serving, trial, newOperatorToken } satisfies WorkerServing);
}

/** Calls when the primary wants the worker to go, or is gone itself. */
export function onDrainOrder(drain: () => void): void {
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'drain') drain();
  });
  process.once('disconnect', drain);
}
