import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchRun } from '../harness/bench-run.js';
import { OPERATOR_TOKEN } from './broker-process.js';
import { endProcess, killAtExit } from './child-process.js';

const MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const START_MS_MAX = 60_000;

/** `sluice canary` as a process of its own, with its usual interval of a minute. */
export interface CanaryProcess {
  pid: number;
  end(): Promise<void>;
}

export async function startCanary(run: BenchRun, url: string): Promise<CanaryProcess> {
  const logFile = join(run.folder, 'canary.log');
  const args = ['canary', '--url', url, '--data', join(run.folder, 'canary'), '--metrics-port', '0'];
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', openSync(logFile, 'a')],
    env: { ...process.env, SLUICE_TOKEN: OPERATOR_TOKEN },
  });
  killAtExit(child);
  run.defer(() => endProcess(child));
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', async () => reject(new Error(`the canary ended: ${await readFile(logFile, 'utf8')}`)));
    setTimeout(() => reject(new Error('the canary did not start in time')), START_MS_MAX).unref();
  });
  return { pid: child.pid as number, end: () => endProcess(child) };
}
