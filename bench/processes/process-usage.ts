import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LinuxProcess } from './linux-process.js';

/** Resources that a process has used; undefined where the operating system does not report them. */
export interface ProcessUsage {
  cpuSeconds: number;
  residentMiB: number;
}

export async function usageOf(pid: number): Promise<ProcessUsage | undefined> {
  if (process.platform !== 'linux') return askPs(pid).catch(() => undefined);
  const { cpuSeconds, residentMiB } = new LinuxProcess(pid);
  return cpuSeconds === undefined || residentMiB === undefined ? undefined : { cpuSeconds, residentMiB };
}

/** `[[dd-]hh:]mm:ss[.hh]` and KiB. */
async function askPs(pid: number): Promise<ProcessUsage> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'time=,rss=', '-p', String(pid)]);
  const [time = '', rss = '0'] = stdout.trim().split(/\s+/);
  const cpuSeconds = time.split(/[-:]/).reduce((sum, part) => sum * 60 + Number(part), 0);
  if (Number.isNaN(cpuSeconds) || time === '') throw new TypeError('ps reported no CPU time');
  return { cpuSeconds, residentMiB: Number(rss) / 1024 };
}
