import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Bus } from '../../../broker/nats/bus.js';
import { connectBus } from '../../../broker/nats/bus.js';
import type { EmbeddedServer } from '../../../broker/nats/server/embedded-server.js';
import { startEmbedded } from '../../../broker/nats/server/embedded-server.js';
import { findNatsServer } from '../../../broker/nats/server/find-server.js';
import type { Durability } from '../../../broker/nats/server/server-config.js';
import { endFolderWithProcess } from './ended-with-process.js';

/** A nats-server with its own port and folder; stopped and removed when the test ends, pass or fail. */
export async function startNats(
  t: Test,
  options: { durability?: Durability; storeDir?: string; maxStoreBytes?: number } = {},
): Promise<EmbeddedServer> {
  const storeDir = options.storeDir ?? (await temporaryFolder(t));
  const { path: binary } = await findNatsServer();
  const { durability = 'relaxed', maxStoreBytes } = options;
  const server = await startEmbedded({ binary, storeDir, durability, maxStoreBytes });
  t.teardown(() => server.stop());
  return server;
}

/** A connection to it; closed when the test ends, before the server is. */
export async function connect(t: Test, server: EmbeddedServer, name = 'test'): Promise<Bus> {
  const bus = await connectBus({ servers: server.url, user: server.user, pass: server.pass, name });
  t.teardown(() => bus.close());
  return bus;
}

/** A folder that is removed when the test ends, with the servers in it should its process be killed. */
export async function temporaryFolder(t: Test): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  endFolderWithProcess(parent);
  t.teardown(() => rm(parent, { recursive: true, force: true }));
  // A broker keeps its journal of rights beside its data folder.
  const folder = join(parent, 'data');
  await mkdir(folder);
  return folder;
}
