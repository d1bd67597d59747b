import { type ChildProcess, spawn } from 'node:child_process';
import type { Test } from 'tap';
import { eventually } from '../condition.js';

const READY_MS_MAX = 120_000;
const LOG_CHARS_MAX = 20_000;
const ADDRESS = /msg="Listening on".* address=(\S+)/;

export interface Service {
  url: string;
  /** Kills it; resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts a server of the Prometheus family in a folder, on a loopback port that the system chooses and the server
 * logs. Resolves when it is ready; the server is killed when the test ends.
 */
export async function startService(t: Test, program: string, args: string[], cwd: string): Promise<Service> {
  const child = spawn(program, [...args, '--web.listen-address=127.0.0.1:0'], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.teardown(() => kill(child));
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-LOG_CHARS_MAX);
  });
  let url = '';
  const isReady = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${log}`);
    const address = ADDRESS.exec(log)?.[1];
    if (!address) return false;
    url = `http://${address}`;
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    return answer?.ok === true;
  };
  await eventually(isReady, `${program} to be ready`, READY_MS_MAX);
  return { url, stop: () => kill(child) };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}
