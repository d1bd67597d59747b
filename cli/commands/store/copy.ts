import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Bus, connectBus } from '../../../broker/nats/bus.js';
import {
  ATTACHMENTS_STREAM,
  CURSORS_STREAM,
  LEDGER_STREAM,
  QUARANTINE_STREAM,
  RECEIPTS_STREAM,
} from '../../../broker/nats/stream-names.js';
import { UsageError } from '../../exit-codes.js';
import type { Terminal } from '../../terminal.js';

interface CopyOptions {
  from: string;
  to: string;
  replicas: string;
}

interface OpenedStore {
  bus: Bus;
  close(): Promise<void>;
}

/**
 * The order makes the copy of a running bus one that can be begun with (docs/decisions/0207). Watermarks and cursors come before the
 * logs: an older watermark makes a source send again what is a duplicate, a newer one would lose events. The ledger comes after
 * the logs, since it names what they refer to, and before what only counts by being named in it or sealed by it.
 */
const BEFORE_EVENTS = [CURSORS_STREAM, QUARANTINE_STREAM];
const AFTER_EVENTS = [LEDGER_STREAM, RECEIPTS_STREAM, ATTACHMENTS_STREAM];

export function addStore(program: Command, terminal: Terminal): void {
  const store = program.command('store').summary('copy the store of a bus: a backup, or a move to other servers');
  store
    .command('copy')
    .summary('copy all streams from one data folder or NATS to an empty other')
    .description(
      'Copy all streams with their positions and log epochs. FROM and TO are data folders, or addresses of NATS (nats://user:pass@host:4222). ' +
        'A data folder may be that of a running bus. A copy that was made while events came in is a backup: start it with SLUICE_RESTORED=1. To move, stop all ' +
        'brokers first; then the copy goes on where the source was.',
    )
    .requiredOption('--from <store>', 'data folder or address of NATS')
    .requiredOption('--to <store>', 'new data folder or address of NATS')
    .option('--replicas <number>', 'copies of each stream at the target: 1, 3 or 5', '1')
    .addHelpText('after', '\nExample:\n  $ sluice store copy --from /var/lib/sluice --to /backup/2026-11-28')
    .action((options: CopyOptions) => copy(options, terminal));
}

async function copy({ from, to, replicas }: CopyOptions, terminal: Terminal): Promise<void> {
  if (!['1', '3', '5'].includes(replicas)) throw new UsageError(`--replicas must be 1, 3 or 5, not ${replicas}`);
  const source = await open(from, true);
  try {
    const target = await open(to, false);
    try {
      await refuseUsed(target.bus, to);
      await copyAll(source.bus, target.bus, Number(replicas), terminal);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Copies stream after stream. When one fails those before it are removed from the target, so that the copy can be repeated. */
async function copyAll(source: Bus, target: Bus, replicas: number, terminal: Terminal): Promise<void> {
  const { copyStream } = await import('../../../broker/nats/copy-stream.js');
  const copied = new Map<string, number>();
  try {
    for (const name of inOrder(await streamsOf(source))) {
      const { messages, lastPosition } = await copyStream(source, target, name, replicas);
      copied.set(name, lastPosition);
      await terminal.out(`${name}: ${messages} messages, through position ${lastPosition}`);
    }
  } catch (error) {
    for (const name of copied.keys()) await target.jsm.streams.delete(name).catch(() => undefined);
    throw error;
  }
  await warnOfMoved(source, copied, terminal);
}

/** A copy that lacks what came in meanwhile must not go on where its source was: positions would be given twice. */
async function warnOfMoved({ jsm }: Bus, copied: ReadonlyMap<string, number>, terminal: Terminal): Promise<void> {
  const grown: string[] = [];
  for (const [name, lastPosition] of copied) {
    const { state } = await jsm.streams.info(name);
    if (state.last_seq > lastPosition) grown.push(name);
  }
  if (grown.length === 0) return;
  terminal.err(
    `the bus went on while it was copied (${grown.join(', ')}): this copy is a backup. Start it with SLUICE_RESTORED=1; ` +
      'to move the bus, stop all brokers and copy again',
  );
}

function inOrder(names: readonly string[]): string[] {
  if (names.length === 0)
    throw new UsageError(
      'there are no streams of a bus at --from: name its data folder, or its NATS with user and password',
    );
  const events = names.filter((name) => /^EV_\d+$/.test(name)).sort();
  return [...BEFORE_EVENTS, ...events, ...AFTER_EVENTS].filter((name) => names.includes(name));
}

async function refuseUsed(bus: Bus, address: string): Promise<void> {
  const [first] = await streamsOf(bus);
  if (first !== undefined)
    throw new UsageError(
      `--to ${withoutCredentials(address)} has a stream ${first} already: the target of a copy is empty`,
    );
}

async function streamsOf({ jsm }: Bus): Promise<string[]> {
  const names: string[] = [];
  for await (const name of jsm.streams.names()) names.push(name);
  return names;
}

const withoutCredentials = (address: string): string => address.replace(/\/\/[^/@]*@/g, '//');

async function open(address: string, mayRun: boolean): Promise<OpenedStore> {
  const { connectBus } = await import('../../../broker/nats/bus.js');
  if (/^(?:nats|tls):\/\//.test(address)) return opened(await connectBus(addressOf(address)));
  const storeDir = resolve(address, 'nats');
  // A server on a folder that is not there would make it, and copy nothing.
  if (mayRun && !existsSync(storeDir))
    throw new UsageError(`--from ${address} is no data folder: it has no folder nats`);
  const [{ findNatsServer }, { startEmbedded }, { DataFolderInUseError }] = await Promise.all([
    import('../../../broker/nats/server/find-server.js'),
    import('../../../broker/nats/server/embedded-server.js'),
    import('../../../broker/nats/server/folder-lock.js'),
  ]);
  const { path: binary } = await findNatsServer();
  try {
    const server = await startEmbedded({ binary, storeDir, durability: 'strict' });
    const bus = await connectBus({ servers: server.url, user: server.user, pass: server.pass, name: 'sluice-copy' });
    return opened(bus, () => server.stop());
  } catch (error) {
    if (!mayRun || !(error instanceof DataFolderInUseError)) throw error;
    return opened(await connectBus(await runningServer(storeDir)));
  }
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
