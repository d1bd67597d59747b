import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { BenchRun } from '../harness/bench-run.js';
import { endProcess, killAtExit } from './child-process.js';

const MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const START_MS_MAX = 30_000;

/** `sluice connect` as a process of its own. */
export interface ConnectorProcess {
  pid: number;
  /** How many events the bus has acknowledged since this process started. */
  stored(): Promise<number>;
  end(): Promise<void>;
}

export async function startConnector(
  run: BenchRun,
  config: { name: string } & Record<string, unknown>,
): Promise<ConnectorProcess> {
  const file = join(run.folder, `${config.name}.yaml`);
  await writeFile(file, stringify({ logLevel: 'warn', metrics: { port: 0 }, ...config }));
  const logFile = join(run.folder, `${config.name}.log`);
  const profile = run.options.profile;
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const child = spawn(process.execPath, [...profiling, MAIN, 'connect', file, '--json'], {
    stdio: ['ignore', 'pipe', openSync(logFile, 'a')],
  });
  killAtExit(child);
  run.defer(() => endProcess(child));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (line: Buffer) => resolve((JSON.parse(line.toString()) as Running).metricsUrl));
    child.once('exit', async () => reject(new Error(`the connector ended: ${await readFile(logFile, 'utf8')}`)));
    setTimeout(() => reject(new Error('the connector did not start in time')), START_MS_MAX).unref();
  });
  return { pid: child.pid as number, stored: () => storedOf(url), end: () => endProcess(child) };
}

interface Running {
  metricsUrl: string;
}

async function storedOf(url: string): Promise<number> {
  const text = await (await fetch(url)).text();
  return Number(/^sluice_connector_events_total\{[^}]*outcome="stored"[^}]*\} (\d+)$/m.exec(text)?.[1] ?? 0);
}
