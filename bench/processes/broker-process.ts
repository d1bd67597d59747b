import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchRun } from '../harness/bench-run.js';
import type { Roles } from '../harness/cpu-meter.js';
import { endProcess, killAtExit } from './child-process.js';

const MAIN = fileURLToPath(new URL('../../broker/main.js', import.meta.url));
const START_MS_MAX = 60_000;

/** Token of the first operator of the buses that benches create. */
export const OPERATOR_TOKEN = 'bench-operator-token-0123456789';

export interface BrokerOptions {
  /** Settings beside port, folder and token, as in the configuration file. */
  config?: Record<string, unknown> | undefined;
  /** Time that the start may take, in milliseconds. */
  startMsMax?: number | undefined;
}

/** A real broker in a process of its own on a free port, with its embedded nats-server. */
export interface BrokerProcess {
  url: string;
  /** Process ids of `broker` and `nats-server`. */
  roles: Roles;
  /** From the start of the process until it reported that it serves. */
  startSeconds: number;
  end(): Promise<void>;
}

/** On a folder that had a broker before, the bus continues with the stored data. */
export async function startBroker(run: BenchRun, options: BrokerOptions = {}): Promise<BrokerProcess> {
  const folder = join(run.folder, 'broker');
  await mkdir(folder, { recursive: true });
  const configFile = join(run.folder, 'broker.json');
  await writeFile(configFile, JSON.stringify({ port: 0, dataDir: folder, logLevel: 'warn', ...options.config }));
  const log = openSync(join(run.folder, 'broker.log'), 'a');
  const profile = run.options.profile;
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...profiling, MAIN, configFile], {
    // The rest comes from scripts/process-environment.mjs by way of scripts/bench.mjs.
    env: { ...process.env, SLUICE_BOOTSTRAP_TOKEN: OPERATOR_TOKEN },
    stdio: ['ignore', 'pipe', log],
  });
  killAtExit(child);
  run.defer(() => endProcess(child));
  const url = await Promise.race([
    addressIn(child.stdout as NodeJS.ReadableStream),
    diedEarly(child, join(run.folder, 'broker.log')),
    tooLate(options.startMsMax ?? START_MS_MAX),
  ]);
  const startSeconds = (performance.now() - startedAt) / 1000;
  const natsServer = await serverPid(join(folder, 'nats'));
  killLeftServer(child, natsServer);
  const roles = { broker: child.pid as number, 'nats-server': natsServer };
  return { url, roles, startSeconds, end: () => endProcess(child) };
}

/**
 * The server outlives a broker that is killed. A broker that drained has ended it, and the pid may belong to another
 * process.
 */
function killLeftServer(broker: ChildProcess, natsServer: number): void {
  const kill = () => {
    try {
      process.kill(natsServer, 'SIGKILL');
    } catch {
      // The server has ended by itself.
    }
  };
  process.once('exit', kill);
  broker.once('exit', (code) => {
    process.off('exit', kill);
    if (code !== 0) kill();
  });
}

async function addressIn(output: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of output) {
    text += String(chunk);
    const found = /serving at (http:\/\/\S+)/.exec(text)?.[1];
    if (found === undefined) continue;
    return found;
  }
  return new Promise(() => {});
}

function diedEarly(child: ChildProcess, log: string): Promise<never> {
  return new Promise((_, reject) => {
    child.once('exit', (code) => {
      readFile(log, 'utf8').then((text) => reject(new Error(`the broker ended with ${code}:\n${text.slice(-2000)}`)));
    });
  });
}

function tooLate(withinMs: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('the broker did not start in time')), withinMs).unref();
  });
}

/** The server writes a file with its pid in its name. */
async function serverPid(storeDir: string): Promise<number> {
  const names = (await readdir(storeDir)).flatMap((name) => /_(\d+)\.ports$/.exec(name)?.[1] ?? []);
  return Number(names.at(-1));
}
