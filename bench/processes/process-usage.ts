import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Resources that a process has used; undefined where the operating system does not report them. */
export interface ProcessUsage {
  cpuSeconds: number;
  residentMiB: number;
}

/** Linux counts CPU time of processes in hundredths of a second, whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;
const MIB = 1024 * 1024;

export async function usageOf(pid: number): Promise<ProcessUsage | undefined> {
  try {
    return process.platform === 'linux' ? await readProc(pid) : await askPs(pid);
  } catch {
    return undefined;
  }
}

async function readProc(pid: number): Promise<ProcessUsage> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold spaces; the fields from the third on follow it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { cpuSeconds: ticks / TICKS_PER_SECOND, residentMiB: (Number(fields[21]) * PAGE_BYTES) / MIB };
}

/** `[[dd-]hh:]mm:ss[.hh]` and KiB. */
async function askPs(pid: number): Promise<ProcessUsage> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'time=,rss=', '-p', String(pid)]);
  const [time = '', rss = '0'] = stdout.trim().split(/\s+/);
  const cpuSeconds = time.split(/[-:]/).reduce((sum, part) => sum * 60 + Number(part), 0);
  if (Number.isNaN(cpuSeconds) || time === '') throw new TypeError('ps reported no CPU time');
  return { cpuSeconds, residentMiB: Number(rss) / 1024 };
}
