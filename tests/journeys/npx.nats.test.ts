import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { projectRoot } from '../structure/source-tree.js';
import { OPERATOR_TOKEN } from '../support/broker/broker.js';
import { eventually } from '../support/condition.js';

const START_MS_MAX = 60_000;
const END_MS_MAX = 30_000;

/** Processes whose command line names the folder: the broker, its nats-server, and npx itself. */
function processesWith(folder: string): number[] {
  const ids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return ids.filter((id) => {
    try {
      return id !== process.pid && readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(folder);
    } catch {
      return false;
    }
  });
}

/** `npx sluice start` as a person types it, in a process group of its own as a shell gives it one. */
async function startByNpx(t: Test): Promise<{ npx: ChildProcess; folder: string }> {
  const base = t.testdir();
  const folder = join(base, 'data');
  const npx = spawn('npx', ['sluice', 'start', '--port', '0', '--data', folder, '--json'], {
    cwd: projectRoot,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, SLUICE_BOOTSTRAP_TOKEN: OPERATOR_TOKEN, npm_config_cache: join(base, 'npm') },
  });
  t.teardown(async () => {
    for (const id of processesWith(folder)) process.kill(id, 'SIGKILL');
  });
  let output = '';
  npx.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await eventually(() => output.includes('"url"'), 'the broker to serve', START_MS_MAX);
  t.ok(processesWith(folder).length >= 3, 'npx, the broker and its nats-server run');
  return { npx, folder };
}

const skip = process.platform === 'linux' ? false : 'reads /proc';

t.test('SIGTERM to npx ends the broker and its nats-server', { skip }, async (t) => {
  const { npx, folder } = await startByNpx(t);
  npx.kill('SIGTERM');
  await eventually(() => processesWith(folder).length === 0, 'all processes to end', END_MS_MAX);
});

t.test('Ctrl-C in the terminal of npx ends the broker and its nats-server', { skip }, async (t) => {
  const { npx, folder } = await startByNpx(t);
  process.kill(-(npx.pid as number), 'SIGINT');
  await eventually(() => processesWith(folder).length === 0, 'all processes to end', END_MS_MAX);
});

t.test('SIGKILL to npx ends the broker and its nats-server', { skip }, async (t) => {
  const { npx, folder } = await startByNpx(t);
  npx.kill('SIGKILL');
  await eventually(() => processesWith(folder).length === 0, 'all processes to end', END_MS_MAX);
});
