import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import t from 'tap';
import { findProcess } from '../../../broker/nats/server/process-list.js';
import { eventually } from '../condition.js';
import { temporaryFolder } from './nats.js';

const NEVER_ENDING = new URL('./never-ending.js', import.meta.url).pathname;
const END_MS_MAX = 30_000;

t.test('the servers, brokers and folders of a test that is killed end with it', async (t) => {
  const folder = await temporaryFolder(t);
  const env = { ...process.env, TMPDIR: folder };
  const test = spawn(process.execPath, [NEVER_ENDING], { stdio: ['ignore', 'pipe', 'inherit'], env });
  t.teardown(() => test.kill('SIGKILL'));
  let started: { server: number; broker: number } | undefined;
  for await (const line of createInterface(test.stdout)) {
    if (line.startsWith('{')) started = JSON.parse(line);
    if (started) break;
  }
  const { server, broker } = started as { server: number; broker: number };
  t.ok((await findProcess(server)) && (await findProcess(broker)), 'they run');
  t.ok((await readdir(folder)).length > 0);
  test.kill('SIGKILL');
  await once(test, 'exit');
  const isGone = async (pid: number): Promise<boolean> => (await findProcess(pid)) === undefined;
  await eventually(
    async () => (await isGone(server)) && (await isGone(broker)),
    'server and broker to end',
    END_MS_MAX,
  );
  await eventually(async () => (await readdir(folder)).length === 0, 'the folders to be removed', END_MS_MAX);
});
