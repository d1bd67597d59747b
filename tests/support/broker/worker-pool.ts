import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { eventually } from '../condition.js';
import { endBrokerWithProcess } from '../nats/ended-with-process.js';
import { OPERATOR_TOKEN, SHARED_SECRET } from './broker.js';

const START_MS_MAX = 60_000;
const END_MS_MAX = 60_000;

/** `sluice start --workers N` in a process group of its own, as a terminal starts it; all of it is ended with the test. */
export class WorkerPool {
  #url = '';

  private constructor(private readonly child: ChildProcess) {}

  static async start(t: Test, dataDir: string, workers: number): Promise<WorkerPool> {
    const main = new URL('../../../cli/main.js', import.meta.url).pathname;
    const args = ['start', '--workers', String(workers), '--port', '0', '--data', dataDir, '--json'];
    const child = spawn(process.execPath, [main, ...args], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {
        ...process.env,
        SLUICE_BOOTSTRAP_TOKEN: OPERATOR_TOKEN,
        SLUICE_SECRET: SHARED_SECRET,
        SLUICE_LOG_LEVEL: 'silent',
      },
    });
    if (child.pid !== undefined) endBrokerWithProcess(child.pid);
    const pool = new WorkerPool(child);
    t.teardown(() => pool.end());
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    await eventually(() => output.includes('\n') || child.exitCode !== null, 'the pool to serve', START_MS_MAX);
    if (child.exitCode !== null) throw new Error(`the pool ended with ${child.exitCode}`);
    pool.#url = (JSON.parse(output) as { url: string }).url;
    return pool;
  }

  get url(): string {
    return this.#url;
  }

  /** Process ids of the workers that run now. */
  async workers(): Promise<number[]> {
    return (await processes()).filter(({ ppid, args }) => ppid === this.child.pid && !isServer(args)).map((p) => p.pid);
  }

  /** Every process that the pool has started, also those whose parent has ended. */
  async all(): Promise<number[]> {
    const { pid } = this.child;
    return (await processes()).filter((one) => one.pgid === pid || one.ppid === pid).map((one) => one.pid);
  }

  /** Acts as Ctrl-C in a terminal: every process of the group gets the signal. */
  interrupt(): void {
    process.kill(-this.child.pid!, 'SIGINT');
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async exited(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  async end(): Promise<void> {
    this.kill('SIGTERM');
    await this.exited();
    await eventually(async () => (await this.all()).length === 0, 'the workers to end', END_MS_MAX);
  }
}

/** An answer on a connection of its own, which may go to any worker. */
export function fresh(
  url: string,
  path: string,
  options: { method?: string; token?: string } = {},
): Promise<{ status: number; text: string }> {
  const { method = 'GET', token } = options;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const call = request(`${url}${path}`, { method, agent: false, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    call.on('error', reject);
    call.end();
  });
}

interface Row {
  pid: number;
  ppid: number;
  pgid: number;
  args: string;
}

const isServer = (args: string): boolean => args.includes('nats-server');

async function processes(): Promise<Row[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=,args=']);
  return stdout
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null && !match[4]!.startsWith('Z'))
    .map((match) => ({ pid: Number(match![1]), ppid: Number(match![2]), pgid: Number(match![3]), args: match![5]! }));
}
