import { readFile } from 'node:fs/promises';
import { NOT_MEASURED } from '../harness/cpu-meter.js';

const TICKS_PER_SECOND = 100;

/** CPU seconds of a PostgreSQL server with all its processes, including those that have ended. */
export async function serverCpuSeconds(postmaster: number): Promise<number | typeof NOT_MEASURED> {
  try {
    const children = await readFile(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8');
    const living = await Promise.all(
      children
        .trim()
        .split(/\s+/)
        .filter(Boolean)
        .map((pid) => ticksOf(pid, 2)),
    );
    const own = await ticksOf(String(postmaster), 4);
    return (own + living.reduce((sum, ticks) => sum + ticks, 0)) / TICKS_PER_SECOND;
  } catch {
    return NOT_MEASURED;
  }
}

/** Fields from the 14th on: user and system time of the process, then the same of its children that have ended. */
async function ticksOf(pid: string, fields: 2 | 4): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return 0;
  const all = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return all.slice(11, 11 + fields).reduce((sum, ticks) => sum + Number(ticks), 0);
}
