import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readdir, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { BenchRun } from '../harness/bench-run.js';
import { killAtExit } from '../processes/child-process.js';
import { usageOf } from '../processes/process-usage.js';

const PACKAGED = '/usr/lib/postgresql';
/** The CPU time of a process is lost when it ends: the last reading before its end counts. */
const SAMPLE_INTERVAL_MS = 5;

export interface Receiving {
  seconds: number;
  bytes: number;
  cpuSeconds: number;
}

/** PostgreSQL's own pg_recvlogical, newest first; undefined where it is not installed. */
export async function findChangeReceiver(): Promise<string | undefined> {
  const versions = await readdir(PACKAGED).catch(() => []);
  const packaged = versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(PACKAGED, version, 'bin'));
  for (const folder of [...packaged, ...(process.env.PATH ?? '').split(delimiter)]) {
    const program = join(folder, 'pg_recvlogical');
    if (await isThere(program)) return program;
  }
  return undefined;
}

export interface ReceiveOrder {
  program: string;
  url: string;
  slot: string;
  publication: string;
  /** LSN at which it stops. */
  endLsn: string;
  file: string;
}

/** Writes the changes of the slot up to an LSN into a file, as pgoutput sends them. */
export async function receiveChanges(run: BenchRun, order: ReceiveOrder): Promise<Receiving> {
  const { program, url, slot, publication, endLsn, file } = order;
  const args = ['-d', url, '-S', slot, '--start', '--no-loop', '-f', file, '-E', endLsn];
  const options = ['-o', 'proto_version=1', '-o', `publication_names=${publication}`];
  const startedAt = performance.now();
  const child = spawn(program, [...args, ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  killAtExit(child);
  run.defer(() => child.kill('SIGKILL'));
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-1_000);
  });
  let cpuSeconds = 0;
  const timer = setInterval(async () => {
    const usage = child.exitCode === null ? await usageOf(child.pid as number) : undefined;
    if (usage) cpuSeconds = Math.max(cpuSeconds, usage.cpuSeconds);
  }, SAMPLE_INTERVAL_MS);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearInterval(timer);
  const seconds = (performance.now() - startedAt) / 1000;
  if (code !== 0) throw new Error(`pg_recvlogical ended with ${code}: ${complaint}`);
  return { seconds, bytes: (await stat(file)).size, cpuSeconds };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
