import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Test } from 'tap';
import { endBrokerWithProcess } from '../nats/ended-with-process.js';
import { OPERATOR_TOKEN, SHARED_SECRET, streamUrlOf } from './broker.js';

/** Far above the second that a start takes, for machines with much else to do. */
const START_MS_MAX = 120_000;

export interface BrokerProcess {
  url: string;
  streamUrl: string;
  operatorToken: string;
  child: ChildProcess;
  /** Standard output up to now: what a user reads. */
  output(): string;
  /** Standard error up to now: the log. */
  log(): string;
  /** From spawn to serving. */
  startMs: number;
  /** Ends the process as a crash does; resolves when it is gone. */
  kill(): Promise<void>;
  /** Lets it drain; resolves with its exit code. */
  stop(): Promise<number | null>;
}

const MAIN = new URL('../../../broker/main.js', import.meta.url).pathname;

/**
 * A broker as a process of its own, on `dataDir` and a free port unless `env` says otherwise; ended with the test. `main` is
 * that of a copy of the broker, `args` follow it.
 */
export async function spawnBroker(
  t: Test,
  dataDir: string,
  env: NodeJS.ProcessEnv = {},
  main = MAIN,
  args: readonly string[] = [],
): Promise<BrokerProcess> {
  const startedAtMs = Date.now();
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      SLUICE_PORT: '0',
      SLUICE_DATA: dataDir,
      SLUICE_BOOTSTRAP_TOKEN: OPERATOR_TOKEN,
      SLUICE_SECRET: SHARED_SECRET,
      SLUICE_LOG_LEVEL: 'warn',
      ...env,
    },
  });
  if (child.pid !== undefined) endBrokerWithProcess(child.pid);
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return (await exited)[0];
  };
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) await end('SIGTERM');
  });
  const output = { out: '', err: '' };
  child.stdout?.on('data', (chunk: Buffer) => (output.out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output.err += chunk.toString()));
  const url = await servingAt(child, output);
  return {
    url,
    streamUrl: streamUrlOf(url),
    operatorToken: OPERATOR_TOKEN,
    child,
    output: () => output.out,
    log: () => output.err,
    startMs: Date.now() - startedAtMs,
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
  };
}

/** Waits for the line that says where; fails with what the process said when it ends instead. */
function servingAt(child: ChildProcess, output: { out: string; err: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`the broker ${why}: ${output.out}${output.err}`));
    const timer = setTimeout(() => fail('does not serve'), START_MS_MAX);
    child.stdout?.on('data', () => {
      const [, url] = /serving at (https?:\S+)\n/.exec(output.out) ?? [];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
}
