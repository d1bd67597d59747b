import { existsSync, statSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Bus, connectBus } from '../../../broker/nats/bus.js';
import { STORE_STREAMS, UNFINISHED_COPY_STREAM } from '../../../broker/nats/stream-names.js';
import { UsageError } from '../../exit-codes.js';

const EVENT_STREAM = /^EV_\d+$/;

export interface OpenedStore {
  bus: Bus;
  close(): Promise<void>;
}

export interface OpenedTarget extends OpenedStore {
  /** Takes away what a failed copy has brought, where the target can still be reached. */
  discard(): Promise<void>;
}

const isNats = (address: string): boolean => /^(?:nats|tls):\/\//.test(address);
const folderOf = (address: string): string => resolve(address, 'nats');

/** A store to be read, which may be that of a running bus. Throws UsageError. */
export async function openSource(address: string): Promise<OpenedStore> {
  const storeDir = folderOf(address);
  // A server on a folder that is not there would make it, and copy nothing.
  if (!isNats(address) && !existsSync(storeDir))
    throw new UsageError(`--from ${address} is no data folder: it has no folder nats`);
  const source = await openSourceServer(address, storeDir);
  if (!(await streamsOf(source.bus)).includes(UNFINISHED_COPY_STREAM)) return source;
  await source.close();
  throw new UsageError(`--from ${withoutCredentials(address)} is a copy that was interrupted: it is no store to copy`);
}

async function openSourceServer(address: string, storeDir: string): Promise<OpenedStore> {
  if (isNats(address)) return openNats(address);
  if (!(await isInUse(storeDir))) return openFolder(storeDir, '--from', address);
  const { connectBus } = await import('../../../broker/nats/bus.js');
  return opened(await connectBus(await runningServer(storeDir)));
}

async function isInUse(storeDir: string): Promise<boolean> {
  const { DataFolderInUseError, lockFolder } = await import('../../../broker/nats/server/folder-lock.js');
  try {
    const unlock = await lockFolder(storeDir);
    await unlock();
    return false;
  } catch (error) {
    if (error instanceof DataFolderInUseError) return true;
    throw error;
  }
}

/** An empty store to be filled; what an interrupted copy or a refused start has left there is removed. Throws UsageError. */
export async function openTarget(address: string): Promise<OpenedTarget> {
  const storeDir = folderOf(address);
  const target = isNats(address) ? await openNats(address) : await openFolder(storeDir, '--to', address);
  const { bus } = target;
  try {
    await emptyTarget(bus, address);
  } catch (error) {
    await target.close();
    throw error;
  }
  let isDiscarded = false;
  return {
    bus,
    discard: async () => {
      await removeAll(bus).catch(() => undefined);
      isDiscarded = true;
    },
    close: async () => {
      await target.close();
      // A disk that is full may not even take the removal of a stream.
      if (isDiscarded && !isNats(address)) await rm(storeDir, { recursive: true, force: true });
    },
  };
}

async function emptyTarget(bus: Bus, address: string): Promise<void> {
  const used = await firstUsed(bus, await streamsOf(bus));
  if (used !== undefined)
    throw new UsageError(
      `--to ${withoutCredentials(address)} has a stream ${used} already: the target of a copy is empty`,
    );
  await removeAll(bus);
}

const isOfBus = (name: string): boolean => EVENT_STREAM.test(name) || STORE_STREAMS.some((ours) => ours === name);

/** Removes the streams of a bus; others may have come meanwhile. The mark of an unfinished copy goes last: without it the rest would be taken for a store. */
async function removeAll(bus: Bus): Promise<void> {
  const names = await streamsOf(bus);
  const mark = names.filter((name) => name === UNFINISHED_COPY_STREAM);
  for (const name of [...names.filter(isOfBus), ...mark]) await bus.jsm.streams.delete(name);
}

/**
 * The first stream that no copy may remove. An interrupted copy has left its mark beside what it brought, and a start that was refused
 * since its store was empty the streams of a bus with nothing in them.
 */
async function firstUsed({ jsm }: Bus, names: readonly string[]): Promise<string | undefined> {
  const isUnfinished = names.includes(UNFINISHED_COPY_STREAM);
  for (const name of names) {
    if (name === UNFINISHED_COPY_STREAM) continue;
    if (!isOfBus(name)) return name;
    if (!isUnfinished && (await jsm.streams.info(name)).state.last_seq > 0) return name;
  }
  return undefined;
}

async function openNats(address: string): Promise<OpenedStore> {
  const { connectBus } = await import('../../../broker/nats/bus.js');
  return opened(await connectBus(addressOf(address)));
}

async function openFolder(storeDir: string, option: string, address: string): Promise<OpenedStore> {
  refuseForeignOwner(storeDir, option, address);
  const [{ findNatsServer }, { startEmbedded }, { connectBus }] = await Promise.all([
    import('../../../broker/nats/server/find-server.js'),
    import('../../../broker/nats/server/embedded-server.js'),
    import('../../../broker/nats/bus.js'),
  ]);
  const { path: binary } = await findNatsServer();
  const server = await startEmbedded({ binary, storeDir, durability: 'strict' });
  try {
    const bus = await connectBus({ servers: server.url, user: server.user, pass: server.pass, name: 'sluice-copy' });
    return opened(bus, () => server.stop());
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** A server that root starts on the folder of a service leaves files in it that the service cannot open any more. */
function refuseForeignOwner(storeDir: string, option: string, address: string): void {
  const user = process.geteuid?.();
  if (user === undefined || !existsSync(storeDir)) return;
  const { uid } = statSync(storeDir);
  if (uid === user) return;
  throw new UsageError(
    `${option} ${address} belongs to user ${uid}, and this is user ${user}, whose files its broker could not open: run the command as ` +
      'the user of the broker (runuser -u sluice -- sluice store copy …)',
  );
}

function opened(bus: Bus, stop: () => Promise<void> = async () => undefined): OpenedStore {
  return {
    bus,
    close: async () => {
      await bus.close();
      await stop();
    },
  };
}

export async function streamsOf({ jsm }: Bus): Promise<string[]> {
  const names: string[] = [];
  for await (const name of jsm.streams.names()) names.push(name);
  return names;
}

const withoutCredentials = (address: string): string => address.replace(/\/\/[^/@]*@/g, '//');

function addressOf(address: string): Parameters<typeof connectBus>[0] {
  const servers = address.split(',').map((one) => new URL(one));
  const { username, password } = servers[0] as URL;
  const plain = servers.map((server) => `${server.protocol}//${server.host}`);
  const credentials = username === '' ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  return { servers: plain, name: 'sluice-copy', ...credentials };
}

/** The address and password of this run, as the broker wrote them for its own server; only the owner of the folder can read them. */
async function runningServer(storeDir: string): Promise<Parameters<typeof connectBus>[0]> {
  const text = await readFile(join(storeDir, 'nats-server.conf'), 'utf8');
  const [, user, pass] = /user: "([^"]+)", password: "([^"]+)"/.exec(text) ?? [];
  const ports = (await readdir(storeDir)).find((file) => file.endsWith('.ports'));
  if (ports === undefined)
    throw new UsageError(`${storeDir} has no running server, though it is in use: wait until its broker has started`);
  const { nats } = JSON.parse(await readFile(join(storeDir, ports), 'utf8')) as { nats: string[] };
  if (user === undefined || pass === undefined) throw new UsageError(`${storeDir}/nats-server.conf names no user`);
  return { servers: nats, user, pass, name: 'sluice-copy' };
}
