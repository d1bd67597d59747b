import type { Logger } from 'pino';
import type { Config } from './config.js';
import type { StoreMetrics } from './metrics/store-metrics.js';
import { type Bus, connectBus } from './nats/bus.js';
import { ensureStreams, type Store } from './nats/streams.js';
import type { Releases } from './releases.js';
import { startServer } from './start-server.js';
import { renewShortenedLogs } from './stream/log/log-life.js';

export interface OpenStoreDeps {
  config: Config;
  metrics: StoreMetrics;
  log: Logger;
  releases: Releases;
}

/** The store, by URL or on a server of our own, with its streams in place. */
export async function openStore(deps: OpenStoreDeps): Promise<{ bus: Bus; store: Store }> {
  const { config, log, releases } = deps;
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
  const store = await ensureStreams(bus, { partitions, replicas, maxBytesPerPartition });
  if (config.durability === 'relaxed') await embedded?.syncMetadata();
  for (const partition of await renewShortenedLogs(bus, store)) {
    log.error({ partition }, 'the log is shorter than it was: it starts a new life, subscribers are told');
  }
  return { bus, store };
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
