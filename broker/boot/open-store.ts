import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { startEpochsOfAllLogs, startEpochsOfTruncatedLogs } from '../event-log/epoch-start.js';
import type { StoreMetrics } from '../metrics/store-metrics.js';
import { type Bus, connectBus } from '../nats/bus.js';
import { syncNotices } from '../nats/server/sync-check.js';
import { checkServer, streamDrift } from '../nats/server-check.js';
import { ensureStreams, type Store } from '../nats/streams.js';
import { whenAvailable } from '../nats/when-available.js';
import type { ProcessRole } from './process-role.js';
import type { ReleaseStack } from './release-stack.js';
import { startServer } from './start-server.js';

export interface OpenStoreDeps {
  config: Config;
  role: ProcessRole;
  metrics: StoreMetrics;
  log: Logger;
  releases: ReleaseStack;
}

export interface OpenedStore {
  bus: Bus;
  store: Store;
  /** What the operator of an outside server should know; empty for one of our own. */
  notices: string[];
}

/** The store, by URL or on a server of our own, with its streams in place. */
export async function openStore(deps: OpenStoreDeps): Promise<OpenedStore> {
  const { config, role, log, releases } = deps;
  const { nats, partitions, replicas, maxBytesPerPartition } = config;
  const embedded = nats.url === undefined ? await startServer(config, log, releases) : undefined;
  const bus = await connectBus({
    servers: embedded?.url ?? (nats.url as string).split(','),
    user: embedded?.user ?? nats.user,
    pass: embedded?.pass ?? nats.pass,
    name: 'sluice-broker',
  });
  releases.add('nats connection', () => bus.close());
  releases.add('connection watch', watchConnection(bus, deps));
  const isOutside = embedded === undefined && !role.hasServerOfPrimary;
  const notices = isOutside ? await whenAvailable(() => checkServer(bus, config)) : [];
  const store = await whenAvailable(() => ensureStreams(bus, { partitions, replicas, maxBytesPerPartition }));
  if (isOutside) notices.push(...(await outsideNotices(bus, config, store)));
  // Of several workers one is enough to say it.
  if (role.isFirst) for (const notice of notices) log.warn(`the NATS server: ${notice}`);
  if (config.durability === 'relaxed') await embedded?.syncMetadata();
  for (const partition of await whenAvailable(() => startEpochsOfTruncatedLogs(bus, store))) {
    log.error({ partition }, 'the log is shorter than it was: it starts a new life, subscribers are told');
  }
  // Once for all workers of this broker.
  if (config.restored && role.isFirst) {
    await startEpochsOfAllLogs(bus, store);
    log.warn('restored: every log starts a new life, subscribers are told; start without it from now on');
  }
  return { bus, store, notices };
}

async function outsideNotices(bus: Bus, config: Config, { partitions }: Store): Promise<string[]> {
  const { nats, durability } = config;
  const servers = (nats.url as string).split(',');
  const drift = await whenAvailable(() => streamDrift(bus, { ...config, partitions }));
  const sync = await syncNotices({ servers, durability, user: nats.systemUser, pass: nats.systemPass });
  return [...drift, ...sync];
}

/** Returns the function that ends it: a connection that we close ourselves is no news. */
function watchConnection(bus: Bus, { metrics, log }: OpenStoreDeps): () => void {
  metrics.connectionChanged(true);
  return bus.onStatus((up) => {
    metrics.connectionChanged(up);
    if (up) {
      metrics.reconnected();
      log.info('the connection to NATS is back');
    } else {
      log.warn('the connection to NATS is lost');
    }
  });
}
