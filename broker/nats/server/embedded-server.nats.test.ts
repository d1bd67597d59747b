import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { connect, startNats, temporaryFolder } from '../../../tests/support/nats/nats.js';
import { connectBus } from '../bus.js';
import { ensureStreams } from '../streams.js';
import { startEmbedded } from './embedded-server.js';
import { findNatsServer, isAtLeast, ServerNotFoundError } from './find-server.js';
import { DataFolderInUseError } from './folder-lock.js';
import { findProcess } from './process-list.js';
import { ServerStartError } from './server-process.js';

const OWNER = fileURLToPath(new URL('../../../tests/support/nats/nats-owner.js', import.meta.url));
const { path: binary } = await findNatsServer();

t.test('a stopped server leaves no process, and its data is there at the next start', async (t) => {
  const storeDir = await temporaryFolder(t);
  const first = await startEmbedded({ binary, storeDir, durability: 'strict' });
  const bus = await connectBus({ servers: first.url, user: first.user, pass: first.pass, name: 'first' });
  const { logs } = await ensureStreams(bus, { partitions: 1, replicas: 1 });
  await first.syncMetadata();
  await bus.close();
  await first.stop();
  t.equal(await findProcess(first.pid), undefined);
  t.notOk((await readdir(storeDir)).some((file) => file.startsWith('owner.lock')));
  const second = await startNats(t, { storeDir });
  t.same((await ensureStreams(await connect(t, second), { partitions: 1, replicas: 1 })).logs, logs);
});

t.test('the server requires its password, and its files are readable by their owner only', async (t) => {
  const storeDir = await temporaryFolder(t);
  const server = await startNats(t, { storeDir });
  await t.rejects(connectBus({ servers: server.url, user: server.user, pass: 'wrong', name: 'x' }));
  t.equal((await stat(join(storeDir, 'nats-server.conf'))).mode & 0o077, 0);
});

t.test('a second owner of a live folder is refused', async (t) => {
  const storeDir = await temporaryFolder(t);
  await startNats(t, { storeDir });
  await t.rejects(startEmbedded({ binary, storeDir, durability: 'relaxed' }), DataFolderInUseError);
});

t.test('a crashed server is restarted on the same port with its data', async (t) => {
  const notices: string[] = [];
  const onNotice = (text: string) => notices.push(text);
  const storeDir = await temporaryFolder(t);
  const server = await startEmbedded({ binary, storeDir, durability: 'strict', onNotice });
  t.teardown(() => server.stop());
  const bus = await connect(t, server);
  await ensureStreams(bus, { partitions: 1, replicas: 1 });
  const { position } = await bus.publisher.publish({ subject: 'ev.0.a.b.c', data: Buffer.from('x') });
  const { pid } = server;
  const up = new Promise<void>((resolve) => bus.onStatus((up) => up && resolve()));
  process.kill(pid, 'SIGKILL');
  await up;
  t.equal((await bus.jsm.streams.info('EV_0')).state.last_seq, position);
  while (server.pid === pid) await new Promise((resolve) => setTimeout(resolve, 5));
  t.match(notices, [/ended \(signal SIGKILL\)/, /back as process/]);
});

t.test('stopping during a restart leaves no process behind', async (t) => {
  const storeDir = await temporaryFolder(t);
  const server = await startEmbedded({ binary, storeDir, durability: 'relaxed' });
  process.kill(server.pid, 'SIGKILL');
  await server.stop();
  t.equal(await findProcess(server.pid), undefined);
});

t.test('the server of a killed broker is ended, and its folder taken over', async (t) => {
  const storeDir = await temporaryFolder(t);
  const owner = spawn(process.execPath, [OWNER, storeDir], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(owner.stdout), 'line');
  const orphan = JSON.parse(line) as { url: string; user: string; pass: string; pid: number };
  const bus = await connectBus({ servers: orphan.url, user: orphan.user, pass: orphan.pass, name: 'x' });
  await ensureStreams(bus, { partitions: 1, replicas: 1 });
  await bus.publisher.publish({ subject: 'ev.0.a.b.c', data: Buffer.from('kept') });
  await bus.close();
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  t.ok(await findProcess(orphan.pid), 'the orphan lives on');

  const server = await startNats(t, { storeDir });
  t.equal(await findProcess(orphan.pid), undefined);
  const { state } = await (await connect(t, server)).jsm.streams.info('EV_0');
  t.equal(state.messages, 1);
});

t.test('a Ctrl-C in the terminal does not reach the server before its owner has drained', async (t) => {
  const storeDir = await temporaryFolder(t);
  const owner = spawn(process.execPath, [OWNER, storeDir], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(owner.stdout), 'line');
  const { pid } = JSON.parse(line) as { pid: number };
  const exited = once(owner, 'exit');
  // As from a terminal, the signal goes to every process of the group.
  process.kill(-owner.pid!, 'SIGINT');
  await exited;
  t.ok(await findProcess(pid));
  await (await startEmbedded({ binary, storeDir, durability: 'relaxed' })).stop();
  t.equal(await findProcess(pid), undefined);
});

t.test('a server that cannot start is reported with its last log lines', async (t) => {
  const storeDir = await temporaryFolder(t);
  await mkdir(storeDir, { recursive: true });
  await writeFile(join(storeDir, 'jetstream'), 'not a folder');
  const failed = startEmbedded({ binary, storeDir, durability: 'relaxed' });
  await t.rejects(failed, ServerStartError);
  await t.rejects(failed, { message: /did not start: it ended with exit code 1\n.*JetStream/s });
  t.notOk((await readdir(storeDir)).includes('owner.lock'), 'the folder is free again');
  await t.rejects(
    startEmbedded({ binary: '/nowhere/nats-server', storeDir, durability: 'relaxed' }),
    ServerNotFoundError,
  );
});

t.test('a named server that does not run is an error, not a reason to take another', async (t) => {
  await t.rejects(findNatsServer({ SLUICE_NATS_SERVER: '/nowhere/nats-server' }), ServerNotFoundError);
  t.ok(isAtLeast('2.15.1', '2.12.0') && isAtLeast('3.0.0', '2.12.0') && !isAtLeast('2.9.10', '2.12.0'));
});
