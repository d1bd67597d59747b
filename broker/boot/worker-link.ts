import cluster from 'node:cluster';
import type { BrokerHandle } from './broker-handle.js';
import type { Serving } from './serving/serve-http.js';
import type { ToWorker, WorkerMustEnd, WorkerServing } from './worker-messages.js';

/** Reports to the primary that this worker serves, and where. */
export function reportServing({ trial, newOperatorToken }: BrokerHandle, serving: Serving): void {
  process.send?.({ kind: 'serving', ...serving, trial, newOperatorToken } satisfies WorkerServing);
}

/** Reports to the primary that the whole broker must end, and why. */
export function reportMustEnd({ message }: Error): void {
  process.send?.({ kind: 'must-end', message } satisfies WorkerMustEnd);
}

/** Obeys the primary; drains also when it has died. */
export function obeyPrimary({ drain, reloadTls }: { drain: () => void; reloadTls: () => void }): void {
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'drain') drain();
    else if (message.kind === 'reload-tls') reloadTls();
  });
  // Without this, Node ends the worker the moment its primary is gone, in the middle of its commits.
  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
  process.once('disconnect', drain);
}

/** Closes the channel to the primary, which would keep a drained worker alive. */
export function leavePrimary(): void {
  if (process.connected) process.disconnect();
}
