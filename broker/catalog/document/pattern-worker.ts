import { parentPort } from 'node:worker_threads';

/** Runs as a worker thread: says when it can be asked, then answers the patterns in the order of the questions. */

/** `unproven`: the time was over before the analysis was. */
export type Proof = 'linear' | 'not_linear' | 'unproven';

export interface PatternQuestion {
  pattern: string;
  timeoutMs: number;
}

// The library reads its backend from the environment only; its default one would start worker threads of its own.
process.env.RECHECK_SYNC_BACKEND = 'pure';
const { checkSync } = await import('recheck');

const PROOFS = { safe: 'linear', vulnerable: 'not_linear', unknown: 'unproven' } as const;

parentPort?.on('message', ({ pattern, timeoutMs }: PatternQuestion) => {
  const { status } = checkSync(pattern, 'u', { timeout: timeoutMs });
  parentPort?.postMessage(PROOFS[status] satisfies Proof);
});
parentPort?.postMessage('ready');
