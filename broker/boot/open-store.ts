import { resolve } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { startEpochsOfAllLogs, startEpochsOfTruncatedLogs } from '../event-log/epoch-start.js';
import type { StoreMetrics } from '../metrics/store-metrics.js';
import { type Bus, connectBus } from '../nats/bus.js';
import { syncNotices } from '../nats/server/sync-check.js';
import { checkServer, reserveNotices } from '../nats/server-check.js';
import { accountSpace } from '../nats/space/account-space.js';
import { diskSpace } from '../nats/space/disk-space.js';
import { type SpaceLevel, StoreSpace } from '../nats/space/store-space.js';
import { ensureStreams, type Store } from '../nats/streams.js';
import { refuseUnusableStore } from '../nats/unfinished-copy.js';
import { whenAvailable } from '../nats/when-available.js';
import { ConnectionLog } from './connection-log.js';
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
  space: StoreSpace;
  /** Advice to the operator of an external server; empty for the embedded one. */
  notices: string[];
}

/** Opens the store, by URL or on an embedded server, with its streams in place and its log epochs checked. */
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
  releases.add('connection monitor', monitorConnection(bus, deps));
  const isExternal = embedded === undefined && !role.hasServerOfPrimary;
  const space = await limitToSpace(bus, isExternal, deps);
  const notices = isExternal ? await whenAvailable(() => checkServer(bus, config)) : [];
  // Only the first worker: the others come when the store is in use.
  if (role.isFirst) await whenAvailable(() => refuseUnusableStore(bus, config));
  const store = await whenAvailable(() => ensureStreams(bus, { partitions, replicas, maxBytesPerPartition }));
  if (isExternal) notices.push(...(await externalNotices(bus, config)));
  // One of several workers logs them.
  if (role.isFirst) for (const notice of notices) log.warn(`the NATS server: ${notice}`);
  if (config.durability === 'relaxed') await embedded?.syncMetadata();
  for (const partition of await whenAvailable(() => startEpochsOfTruncatedLogs(bus, store))) {
    log.error({ partition }, 'the log was truncated: it starts a new epoch, its subscribers get POSITION_GONE');
  }
  // Only the first worker: a second one would start further epochs of the same logs.
  if (config.restored && role.isFirst) {
    await startEpochsOfAllLogs(bus, store);
    log.warn(
      'restored: every log starts a new epoch, all subscribers get POSITION_GONE; start without the setting from now on',
    );
  }
  return { bus, store, notices, space };
}

/** Lets the bus write as long as space is left: on the disk of an embedded server, or within the account of an external one. */
async function limitToSpace(
  bus: Bus,
  isExternal: boolean,
  { config, role, metrics, log, releases }: OpenStoreDeps,
): Promise<StoreSpace> {
  const folder = resolve(config.dataDir, 'nats');
  const space = new StoreSpace({
    measure: () => (isExternal ? accountSpace(bus) : diskSpace(folder)),
    onMeasured: (measured) => metrics.spaceMeasured(measured),
    onLevel: (level, { free }) => {
      metrics.spaceChanged(level === 'open');
      // One of several workers logs it.
      if (!role.isFirst) return;
      if (level === 'open') log.info({ free }, 'the store takes events again');
      else log.error({ free, level }, `the store is full: ${LEVELS_IN_WORDS[level]}`);
    },
    ...(isExternal && { intervalMs: ACCOUNT_INTERVAL_MS }),
  });
  metrics.spaceChanged(true);
  await space.start();
  releases.add('store space', async () => space.stop());
  bus.publisher.limitTo(space);
  return space;
}

/** The answer of an account comes over the network, from a server that may serve many brokers. */
const ACCOUNT_INTERVAL_MS = 1_000;

const LEVELS_IN_WORDS: Record<Exclude<SpaceLevel, 'open'>, string> = {
  no_events: 'events are refused, delivery goes on; make room',
  ending_acts: 'everything but acts that end rights is refused; make room',
  exhausted: 'everything is refused, nothing is left for acts; make room',
};

async function externalNotices(bus: Bus, config: Config): Promise<string[]> {
  const { nats, durability } = config;
  const servers = (nats.url as string).split(',');
  const sync = await syncNotices({ servers, durability, user: nats.systemUser, pass: nats.systemPass });
  return [...sync, ...(await whenAvailable(() => reserveNotices(bus)))];
}

/** Logs and counts changes of the connection. Returns the function that ends it, to be called before the connection is closed on purpose. */
function monitorConnection(bus: Bus, { metrics, log }: OpenStoreDeps): () => void {
  metrics.connectionChanged(true);
  const lines = new ConnectionLog(() => performance.now(), log);
  const endStatus = bus.onStatus((up) => {
    metrics.connectionChanged(up);
    if (up) metrics.reconnected();
    lines.changed(up);
  });
  const endAttempts = bus.onReconnectFailed((why, server) => {
    metrics.reconnectFailed();
    lines.attemptFailed(`${server}: ${why}`);
  });
  return () => {
    endStatus();
    endAttempts();
  };
}
