import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface RunningProcess {
  pid: number;
  /** Differs when a pid was given to another process later. */
  startedAt: string;
  /** Arguments; where the system reports the command line as one string, that string alone. */
  command: string[];
}

const PS_TIMEOUT_MS = 5_000;

/** The process, or undefined when it is gone (a zombie counts as gone). */
export async function findProcess(pid: number): Promise<RunningProcess | undefined> {
  if (process.platform === 'linux') return readProc(pid);
  return (await ps(['-p', String(pid)]))[0];
}

/** Processes that have `argument` on their command line, of those this user may look at. */
export async function processesWithArgument(argument: string): Promise<RunningProcess[]> {
  const all = process.platform === 'linux' ? await readAllProc() : await ps(['-ax']);
  return all.filter(({ command }) =>
    command.length > 1 ? command.includes(argument) : (command[0]?.includes(argument) ?? false),
  );
}

async function readAllProc(): Promise<RunningProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  return (await Promise.all(pids.map(readProc))).filter((found) => found !== undefined);
}

async function readProc(pid: number): Promise<RunningProcess | undefined> {
  try {
    const [stat, cmdline] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // The name in parentheses may hold spaces; what follows it are the fields from the third on.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return { pid, startedAt: fields[19] ?? '', command: cmdline.split('\0').filter(Boolean) };
  } catch {
    return undefined;
  }
}

async function ps(which: string[]): Promise<RunningProcess[]> {
  try {
    const options = { timeout: PS_TIMEOUT_MS, env: { ...process.env, LC_ALL: 'C' } };
    const { stdout } = await promisify(execFile)('ps', [...which, '-o', 'pid=,stat=,lstart=,command='], options);
    return stdout.split('\n').flatMap(parsePsLine);
  } catch {
    return [];
  }
}

function parsePsLine(line: string): RunningProcess[] {
  const found = /^\s*(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+\S+\s+\d+)\s+(.*)$/.exec(line);
  if (!found || found[2]!.startsWith('Z')) return [];
  return [{ pid: Number(found[1]), startedAt: found[3]!, command: [found[4]!] }];
}
