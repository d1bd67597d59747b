import t, { type Test } from 'tap';
import { startConfigured } from '../../tests/support/nats/nats-configured.js';
import { type Bus, connectBus } from './bus.js';
import { syncNotices } from './server/sync-check.js';
import { checkServer, reserveNotices, type ServerNeeds, ServerUnfitError } from './server-check.js';
import { StreamDrift } from './stream-drift.js';
import { ensureStreams } from './streams.js';

const NEEDS: ServerNeeds = { durability: 'strict', partitions: 2, replicas: 1, maxEventBytes: 256 * 1024 };
const BIG = 'max_payload: 8388608\n';
const jetstream = (storeDir: string, more = '') => `${BIG}jetstream { store_dir: ${storeDir}${more} }\n`;

async function busOn(t: Test, configuration: (storeDir: string) => string, user?: string) {
  const url = await startConfigured(t, configuration);
  const bus = await connectBus({ servers: url, user, pass: user, name: 'check' });
  t.teardown(() => bus.close());
  return { url, bus };
}

async function driftOf(bus: Bus): Promise<string[]> {
  const drift = new StreamDrift(NEEDS);
  return (await bus.jsm.streams.list().next()).flatMap(({ config }) => drift.of(config));
}

t.test('a fit server is accepted without a notice', async (t) => {
  const { bus } = await busOn(t, (dir) => jetstream(dir));
  t.same(await checkServer(bus, NEEDS), []);
  await ensureStreams(bus, NEEDS);
  t.same(await driftOf(bus), []);
});

t.test('a server without JetStream is refused', async (t) => {
  const { bus } = await busOn(t, () => BIG);
  await t.rejects(checkServer(bus, NEEDS), { code: 'NATS_SERVER_UNFIT', message: /JetStream is not enabled/ });
});

t.test('every reason against a server is reported at once', async (t) => {
  const { bus } = await busOn(t, (dir) => `max_payload: 65536\njetstream { store_dir: ${dir} }\n`);
  const error = await checkServer(bus, { ...NEEDS, replicas: 3 }).catch((e: unknown) => e as ServerUnfitError);
  t.ok(error instanceof ServerUnfitError);
  const [payload, replicas] = (error as ServerUnfitError).problems;
  t.match(payload, /max_payload is 65536/);
  t.match(replicas, /needs a cluster/);
});

t.test('a server with the default message size is accepted with a notice of its limit', async (t) => {
  const { bus } = await busOn(t, (dir) => `jetstream { store_dir: ${dir} }\n`);
  t.match(await checkServer(bus, NEEDS), [/max_payload is 1 MiB/]);
});

t.test('an account without a limit of storage is reported, since no room can be kept back in it', async (t) => {
  const account = (limit: string) =>
    `accounts { BUS { jetstream: ${limit}, users: [ { user: bus, password: bus } ] } }\n`;
  const open = await busOn(t, (dir) => jetstream(dir, ', max_file_store: 60MB') + account('enabled'), 'bus');
  const limited = await busOn(t, (dir) => jetstream(dir) + account('{ max_file: 50MB }'), 'bus');
  t.match(await reserveNotices(open.bus), [/no limit of storage.*below max_file_store/s]);
  t.same(await reserveNotices(limited.bus), []);
});

t.test('changed settings of a stream are reported', async (t) => {
  const { bus } = await busOn(t, (dir) => jetstream(dir));
  await ensureStreams(bus, NEEDS);
  const { config } = await bus.jsm.streams.info('EV_1');
  await bus.jsm.streams.update('EV_1', {
    ...config,
    max_age: 3_600_000_000_000,
    max_msgs: 100,
    max_msg_size: 9,
    allow_direct: false,
  });
  t.match((await driftOf(bus)).sort(), [
    /EV_1 has allow_direct false/,
    /EV_1 has max_age 3600000000000/,
    /EV_1 has max_msg_size 9 instead of -1/,
    /EV_1 has max_msgs 100 instead of -1/,
  ]);
});

t.test('unsynced acknowledgements are reported by the system account, or as unknown without one', async (t) => {
  const accounts = `accounts {
  BUS { jetstream: enabled, users: [ { user: bus, password: bus } ] }
  SYS { users: [ { user: sys, password: sys } ] }
}
system_account: SYS
`;
  const strict = await busOn(t, (dir) => jetstream(dir, ', sync_interval: always') + accounts, 'bus');
  const lazy = await busOn(t, (dir) => jetstream(dir) + accounts, 'bus');
  const ask = (url: string, user: string | undefined, durability: 'strict' | 'relaxed' = 'strict') =>
    syncNotices({ servers: [url], durability, user, pass: user });
  t.same(await checkServer(strict.bus, NEEDS), []);
  t.same(await ask(strict.url, 'sys'), []);
  t.match(await ask(lazy.url, 'sys'), [/syncs every 120 s/]);
  t.match(await ask(lazy.url, undefined), [/does not say whether it syncs/]);
  t.match(await ask(lazy.url, 'nobody'), [/system user was of no use/]);
  t.match(await ask(lazy.url, 'bus'), [/does not say whether it syncs/], 'a user of another account');
  t.same(await ask(lazy.url, undefined, 'relaxed'), [], 'nobody has asked for it');
});
