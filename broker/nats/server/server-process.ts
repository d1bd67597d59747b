import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ServerProcess {
  child: ChildProcess;
  pid: number;
  port: number;
  /** Resolves with `ok`, or with what the server says is wrong. */
  health(): Promise<string>;
  /** Resolves with the end of the process as the operating system reports it; never rejects. */
  exited: Promise<string>;
}

export interface LaunchOptions {
  binary: string;
  configFile: string;
  storeDir: string;
  logFile: string;
  monitorPath: string;
}

/** The server ended, or did not come up in time; the message ends with its last log lines. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
  readonly code = 'NATS_SERVER_START_FAILED';
}

/** Recovery after a crash reads the tail of every stream: seconds for millions of messages, minutes on a slow disk. */
const START_TIMEOUT_MS = 300_000;
const POLL_INTERVAL_MS = 10;
const HEALTH_TIMEOUT_MS = 2_000;
const LOG_LINES = 15;

/** Starts nats-server and resolves when it takes connections and has recovered its streams. */
export async function launchServer(options: LaunchOptions): Promise<ServerProcess> {
  await removePortsFiles(options.storeDir);
  const startedAtMs = performance.now();
  const outputFile = join(options.storeDir, 'nats-server.out');
  // Files, not pipes: the server outlives a killed broker, and writing to a broken pipe would end it half-way.
  const output = openSync(outputFile, 'w', 0o600);
  const child = spawn(options.binary, ['-c', options.configFile], {
    // Its own process group, so that Ctrl-C in the terminal does not stop it before the broker has drained.
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const state: { ended?: string } = {};
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
  }).then((why) => {
    state.ended = why;
    return why;
  });
  try {
    const { client: port, monitoring } = await waitUntilHealthy(options, child.pid, state);
    return { child, pid: child.pid!, port, exited, health: () => askHealth(monitoring, options.monitorPath) };
  } catch (error) {
    child.kill('SIGKILL');
    const why = error instanceof Error ? error.message : String(error);
    const lines = await lastLines(outputFile, options.logFile, startedAtMs);
    throw new ServerStartError(`nats-server did not start: ${why}${lines}`, { cause: error });
  }
}

async function waitUntilHealthy(
  options: LaunchOptions,
  pid: number | undefined,
  state: { ended?: string },
): Promise<{ client: number; monitoring: number }> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  for (let health = 'it opened no port'; ; await delay(POLL_INTERVAL_MS)) {
    if (state.ended !== undefined) throw new Error(`it ended with ${state.ended}`);
    if (performance.now() > deadlineMs) throw new Error(`not ready within ${START_TIMEOUT_MS / 1000} s: ${health}`);
    const ports = await readPorts(options.storeDir, pid);
    if (!ports) continue;
    health = await askHealth(ports.monitoring, options.monitorPath);
    if (health === 'ok') return ports;
  }
}

/** Returns `ok`, or the reason. A stream that cannot be recovered shows here. */
async function askHealth(port: number, path: string): Promise<string> {
  try {
    const url = `http://127.0.0.1:${port}${path}/healthz`;
    const response = await fetch(url, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) });
    const body = (await response.json()) as { status?: string; error?: string };
    return body.status === 'ok' ? 'ok' : (body.error ?? `health status ${body.status}`);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function readPorts(
  folder: string,
  pid: number | undefined,
): Promise<{ client: number; monitoring: number } | undefined> {
  try {
    const name = (await readdir(folder)).find((file) => file.endsWith(`_${pid}.ports`));
    if (!name) return undefined;
    const ports = JSON.parse(await readFile(join(folder, name), 'utf8')) as { nats: string[]; monitoring: string[] };
    return { client: portOf(ports.nats[0]!), monitoring: portOf(ports.monitoring[0]!) };
  } catch {
    // The file is half written: the next poll reads it whole.
    return undefined;
  }
}

const portOf = (url: string): number => Number(new URL(url).port);

async function removePortsFiles(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ports'));
  await Promise.all(files.map((file) => rm(join(folder, file), { force: true })));
}

/** Before the server has read its configuration it writes to its output, afterwards to its log. */
async function lastLines(outputFile: string, logFile: string, sinceMs: number): Promise<string> {
  const texts = await Promise.all([outputFile, logFile].map((file) => readFile(file, 'utf8').catch(() => '')));
  const lines = texts.flatMap((text) => text.split('\n').filter(Boolean).slice(-LOG_LINES));
  const recent = lines.filter((line) => !isOlder(line, sinceMs));
  return recent.length === 0 ? '' : `\n  ${recent.slice(-LOG_LINES).join('\n  ')}`;
}

/** Log lines of an earlier run would mislead: `[pid] 2026/11/24 07:00:00.123456 [INF] …` */
function isOlder(line: string, sinceMs: number): boolean {
  const stamp = /(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d)/.exec(line);
  if (!stamp) return false;
  const loggedAtMs = new Date(`${stamp[1]}-${stamp[2]}-${stamp[3]}T${stamp[4]}`).getTime();
  return loggedAtMs < sinceMs - 1_000;
}
