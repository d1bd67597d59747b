import { setTimeout as delay } from 'node:timers/promises';
import { findProcess } from './process-list.js';

const POLL_INTERVAL_MS = 20;
/** A server with thousands of consumers takes over a minute to stop cleanly, but we make a dozen. */
const TERMINATE_WAIT_MS = 30_000;
const KILL_WAIT_MS = 5_000;

/** Asks the process to end, then makes it end; resolves when it is gone. `startedAt` guards against a reused pid. */
export async function stopProcess(pid: number, startedAt: string): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGTERM', TERMINATE_WAIT_MS],
    ['SIGKILL', KILL_WAIT_MS],
  ] as const) {
    if ((await findProcess(pid))?.startedAt !== startedAt) return;
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw error;
    }
    const deadlineMs = performance.now() + waitMs;
    while (performance.now() < deadlineMs) {
      if ((await findProcess(pid))?.startedAt !== startedAt) return;
      await delay(POLL_INTERVAL_MS);
    }
  }
  throw new Error(`process ${pid} does not end`);
}
