import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type Bus, connectBus } from '../../../broker/nats/bus.js';
import { copyStream } from '../../../broker/nats/copy-stream.js';
import { startEmbedded } from '../../../broker/nats/server/embedded-server.js';
import { findNatsServer } from '../../../broker/nats/server/find-server.js';
import { DataFolderInUseError } from '../../../broker/nats/server/folder-lock.js';
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
 * Watermarks and cursors first and rights last: a watermark older than its log makes a source send again what is a duplicate, a
 * newer one would lose events; a ledger newer than the rest names everything that the rest refers to.
 */
const FIRST = ['CURSORS', 'QUARANTINE'];
const LAST = ['RECEIPTS', 'LEDGER'];

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
      for (const name of inOrder(await streamsOf(source.bus))) {
        const { messages, lastPosition } = await copyStream(source.bus, target.bus, name, Number(replicas));
        await terminal.out(`${name}: ${messages} messages, through position ${lastPosition}`);
      }
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

function inOrder(names: readonly string[]): string[] {
  if (names.length === 0) throw new UsageError('there are no streams of a bus at --from');
  const events = names.filter((name) => /^EV_\d+$/.test(name)).sort();
  return [...FIRST, ...events, ...LAST].filter((name) => names.includes(name));
}

async function refuseUsed(bus: Bus, address: string): Promise<void> {
  const [first] = await streamsOf(bus);
  if (first !== undefined) throw new UsageError(`--to ${withoutCredentials(address)} has a stream ${first} already`);
}

async function streamsOf({ jsm }: Bus): Promise<string[]> {
  const names: string[] = [];
  for await (const name of jsm.streams.names()) names.push(name);
  return names;
}

const withoutCredentials = (address: string): string => address.replace(/\/\/[^/@]*@/g, '//');

async function open(address: string, mayRun: boolean): Promise<OpenedStore> {
  if (/^(?:nats|tls):\/\//.test(address)) return opened(await connectBus(addressOf(address)));
  const storeDir = resolve(address, 'nats');
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
  if (ports === undefined) throw new UsageError(`${storeDir} has no running server`);
  const { nats } = JSON.parse(await readFile(join(storeDir, ports), 'utf8')) as { nats: string[] };
  if (user === undefined || pass === undefined) throw new UsageError(`${storeDir}/nats-server.conf names no user`);
  return { servers: nats, user, pass, name: 'sluice-copy' };
}
