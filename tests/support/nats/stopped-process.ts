import { readFile } from 'node:fs/promises';
import { eventually } from '../condition.js';

const STOPS_MS_MAX = 10_000;

/** Stops a process until SIGCONT. A signal is delivered later than it is sent, and until then a server answers. */
export async function stopProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const isStopped = async (): Promise<boolean> => /\) T /.test(await readFile(`/proc/${pid}/stat`, 'latin1'));
  await eventually(isStopped, 'the process to stop', STOPS_MS_MAX);
}
