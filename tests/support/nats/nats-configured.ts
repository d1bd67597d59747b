import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { findNatsServer } from '../../../broker/nats/server/find-server.js';
import { eventually } from '../condition.js';
import { temporaryFolder } from './nats.js';

const START_MS_MAX = 20_000;

/** A nats-server as somebody else has set it up: the port is ours, the rest of its configuration is given. Returns its URL. */
export async function startConfigured(t: Test, configuration: (storeDir: string) => string): Promise<string> {
  const folder = await temporaryFolder(t);
  const storeDir = join(folder, 'store');
  await mkdir(storeDir);
  const file = join(folder, 'nats.conf');
  const own = `listen: "127.0.0.1:-1"\nports_file_dir: ${JSON.stringify(folder)}\n`;
  await writeFile(file, own + configuration(JSON.stringify(storeDir)));
  const { path } = await findNatsServer();
  const server = spawn(path, ['-c', file], { stdio: 'ignore' });
  t.teardown(async () => {
    if (server.exitCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  });
  let url: string | undefined;
  const isServing = async (): Promise<boolean> => {
    const ports = (await readdir(folder)).find((name) => name.endsWith('.ports'));
    const text = ports && (await readFile(join(folder, ports), 'utf8'));
    url = text ? (JSON.parse(text) as { nats: string[] }).nats[0] : undefined;
    return url !== undefined;
  };
  await eventually(isServing, 'nats-server to serve', START_MS_MAX);
  return url as string;
}
