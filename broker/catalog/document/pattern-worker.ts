import { parentPort } from 'node:worker_threads';

/** Runs as a worker thread: answers each pattern with whether it is linear, in the order of the questions. */

export interface PatternQuestion {
  pattern: string;
  timeoutMs: number;
}

// The library reads its backend from the environment only; its default one would start worker threads of its own.
process.env.RECHECK_SYNC_BACKEND = 'pure';
const { checkSync } = await import('recheck');

parentPort?.on('message', ({ pattern, timeoutMs }: PatternQuestion) => {
  const { status } = checkSync(pattern, 'u', { timeout: timeoutMs });
  parentPort?.postMessage(status === 'safe');
});
