import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, readFile, stat } from 'node:fs/promises';
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { TRANSPORTS } from '../../../dashboard/canary/canary-metrics.js';
import { DataFolder } from '../../../dashboard/canary/data-folder.js';
import { canaryGrantId } from '../../../proto/canary.js';
import { OPERATOR_TOKEN, startBroker } from '../../support/broker/broker.js';
import { eventually } from '../../support/condition.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { mustCall } from '../../support/raw-client/raw-http.js';
import { startCanary, type TestCanary } from './canary-run.js';

const WAIT_MS = 20_000;
const REGISTRATION = { platformRegistration: { platform: 'p', owner: 'o', number: '1' } };
const ROUNDS = 'sluice_canary_rounds_total';
const LEAKS = 'sluice_canary_leaks_total';

/** Waits for so many more events over every transport. */
async function moreDelivered(canary: TestCanary, more: number): Promise<void> {
  const counts = (): Promise<number[]> =>
    Promise.all(TRANSPORTS.map((transport) => canary.sum(ROUNDS, { transport, outcome: 'delivered' })));
  const before = await counts();
  const isDone = async (): Promise<boolean> =>
    (await counts()).every((count, index) => count >= (before[index] as number) + more);
  await eventually(isDone, `${more} more rounds over every transport`, WAIT_MS);
}

t.test('a canary receives its rounds over every transport, on a registered bus, and finds no leak', async (t) => {
  const { url } = await startBroker(t, { config: { partitions: 2, ...REGISTRATION } });
  const canary = await startCanary(t, url);
  await moreDelivered(canary, 4);
  t.equal(await canary.sum(LEAKS), 0);
  t.equal(await canary.sum(ROUNDS, { outcome: 'missed' }), 0, canary.log());
  for (const medium of ['stream', 'metrics', 'errors']) {
    t.ok((await canary.sum('sluice_canary_searched_bytes_total', { medium })) > 0, `${medium} was searched`);
  }
  const file = join(canary.folder, 'tokens.json');
  t.equal((await stat(file)).mode & 0o777, 0o600);
  for (const token of Object.values(JSON.parse(await readFile(file, 'utf8')) as object)) {
    t.notMatch(canary.log(), token, 'no token in its log');
  }
});

t.test('a suspended grant of the canary is said and is no outage; a bus that is away is one', async (t) => {
  const { url, broker } = await startBroker(t, { config: { partitions: 1 } });
  const canary = await startCanary(t, url);
  await moreDelivered(canary, 1);
  const act = (name: string): Promise<unknown> =>
    mustCall({ url, token: OPERATOR_TOKEN }, 'POST', `/v1/grants/${canaryGrantId(0)}/${name}`, '{"reason":"a test"}');
  await act('suspend');
  const paused = (reason: string) => canary.sum('sluice_canary_paused', { reason });
  await eventually(async () => (await paused('suspended')) === 1, 'the suspension to be noticed', WAIT_MS);
  await eventually(
    async () => (await canary.sum(ROUNDS, { outcome: 'suspended' })) >= 2 * TRANSPORTS.length,
    'suspended rounds',
    WAIT_MS,
  );
  t.match(canary.log(), 'grants of the canary are suspended or stopped: no outage');
  await act('restore');
  await moreDelivered(canary, 2);
  t.equal(await paused('suspended'), 0);
  t.equal(await canary.sum(ROUNDS, { outcome: 'missed' }), 0, canary.log());
  await broker.drain();
  const missed = async (): Promise<boolean> => (await canary.sum(ROUNDS, { outcome: 'missed' })) >= TRANSPORTS.length;
  await eventually(missed, 'missed rounds', WAIT_MS);
  t.equal(await paused('tokens'), 0);
});

t.test('a stop of the node is no outage for the canary', async (t) => {
  const { url } = await startBroker(t, { config: { partitions: 1, ...REGISTRATION } });
  const canary = await startCanary(t, url);
  await moreDelivered(canary, 1);
  const act = async (path: string, body: object): Promise<{ id: string }> => {
    const at = { url, token: OPERATOR_TOKEN };
    return (await mustCall(at, 'POST', path, JSON.stringify({ reason: 'a test', ...body }))).json as { id: string };
  };
  const { id } = await act('/v1/stops', { scope: 'node' });
  const paused = () => canary.sum('sluice_canary_paused', { reason: 'suspended' });
  const stopped = async () => (await canary.sum(ROUNDS, { outcome: 'suspended' })) >= 2 * TRANSPORTS.length;
  await eventually(stopped, 'rounds that nobody is owed', WAIT_MS);
  t.equal(await paused(), 1);
  await act(`/v1/stops/${id}/lift`, {});
  await moreDelivered(canary, 2);
  t.equal(await paused(), 0);
  t.equal(await canary.sum(ROUNDS, { outcome: 'missed' }), 0, canary.log());
});

t.test('two canaries share the tokens of one, and one with tokens of its own ends the other', async (t) => {
  const { url } = await startBroker(t, { config: { partitions: 1 } });
  const first = await startCanary(t, url);
  await t.rejects(DataFolder.open(first.folder), /another canary runs on/);
  const folder = join(await temporaryFolder(t), 'second');
  await mkdir(folder);
  await copyFile(join(first.folder, 'tokens.json'), join(folder, 'tokens.json'));
  const second = await startCanary(t, url, { folder });
  await moreDelivered(first, 2);
  await moreDelivered(second, 2);
  t.equal((await first.sum(ROUNDS, { outcome: 'missed' })) + (await second.sum(ROUNDS, { outcome: 'missed' })), 0);
  await second.stop();
  const third = await startCanary(t, url);
  await moreDelivered(third, 1);
  await eventually(
    async () => (await first.sum('sluice_canary_paused', { reason: 'tokens' })) === 1,
    'the first to say that its tokens were renewed',
    WAIT_MS,
  );
  t.equal(await first.sum(ROUNDS, { outcome: 'missed' }), 0, 'which is no outage');
});

/** A broker that writes what it is sent into its log, made of a real one and a proxy. */
async function leakingLog(t: Test, url: string, file: string): Promise<string> {
  const log = createWriteStream(file);
  const port = Number(new URL(url).port);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connectTcp(port, '127.0.0.1');
    near.pipe(far).pipe(near);
    near.on('data', (data) => log.write(data));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    await new Promise((resolve) => log.end(resolve));
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

t.test('a payload in the log of a broker is found, and the finding does not repeat it', async (t) => {
  const { url } = await startBroker(t, { config: { partitions: 1 } });
  const file = join(await temporaryFolder(t), 'broker.log');
  const canary = await startCanary(t, await leakingLog(t, url, file), { logFiles: [file] });
  await eventually(async () => (await canary.sum(LEAKS, { medium: 'logs' })) > 0, 'the leak to be found', WAIT_MS);
  t.match(canary.log(), `"medium":"logs","source":"${file}"`);
  t.equal(await canary.sum(LEAKS, { medium: 'stream' }), 0, 'and only there');
  const [, secret = ''] = /"secret":"([\w-]+)-secret"/.exec(await readFile(file, 'utf8')) ?? [];
  t.ok(secret.length > 15);
  t.notMatch(canary.log(), secret);
});
