import cluster from 'node:cluster';
import type { BrokerHandle } from './broker-handle.js';
import type { Serving } from './serve-http.js';
import type { ToWorker, WorkerServing } from './worker-messages.js';

/** True in a process that a primary has started. */
export const isWorker = (): boolean => cluster.isWorker;

/** Environment of workers whose primary runs the store. */
export const SERVER_OF_PRIMARY = 'SLUICE_SERVER_OF_PRIMARY';
export const hasServerOfPrimary = (): boolean => isWorker() && process.env[SERVER_OF_PRIMARY] !== undefined;

/** For what need not be said once by every worker. */
export const isFirstProcess = (): boolean => !cluster.isWorker || cluster.worker?.id === 1;

/** Tells the primary that this worker serves. */
export function reportServing({ trial, newOperatorToken }: BrokerHandle, serving: Serving): void {
  process.send?.({ kind: 'serving', ...serving, trial, newOperatorToken } satisfies WorkerServing);
}

/** Calls when the primary wants the worker to go, or is gone itself. */
export function onDrainOrder(drain: () => void): void {
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'drain') drain();
  });
  // Node would end the process at once when the primary is gone.
  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
  process.once('disconnect', drain);
}

/** Lets a drained worker end: the channel to the primary would keep it alive. */
export function leavePrimary(): void {
  if (process.connected) process.disconnect();
}
