import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { type EmbeddedServer, startEmbedded } from '../nats/server/embedded-server.js';
import { findNatsServer } from '../nats/server/find-server.js';
import type { ReleaseStack } from './release-stack.js';

/** Starts an embedded nats-server on the data folder; it is stopped with the releases. */
export async function startServer(config: Config, log: Logger, releases: ReleaseStack): Promise<EmbeddedServer> {
  const { serverPath } = config.nats;
  const env = serverPath === undefined ? process.env : { ...process.env, SLUICE_NATS_SERVER: serverPath };
  const found = await findNatsServer(env);
  const server = await startEmbedded({
    binary: found.path,
    storeDir: resolve(config.dataDir, 'nats'),
    durability: config.durability,
    logFile: join(config.dataDir, 'nats-server.log'),
    onNotice: (text) => log.warn(text),
  });
  releases.add('nats-server', () => server.stop());
  log.info({ version: server.version, serverPid: server.pid }, 'nats-server is running');
  return server;
}
