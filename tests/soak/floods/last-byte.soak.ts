import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { applyBundle, OPERATOR_TOKEN } from '../../support/broker/broker.js';
import { type BrokerProcess, spawnBroker } from '../../support/broker/broker-process.js';
import { eventually } from '../../support/condition.js';
import { startNats, temporaryFolder } from '../../support/nats/nats.js';
import { call, publishBatch } from '../../support/raw-client/raw-http.js';
import { mayMount, smallDisk } from '../../support/small-disk.js';
import { ENTRY, FLOOD_BUNDLE, record, TOKENS } from './flood-bundle.js';
import { FLOOD_KINDS } from './flood-kinds.js';
import { startFlood } from './flooded-bus.js';
import { type Right, STREAMS, upload, type WatchedStream } from './watched-streams.js';

/** From the request of the act to the last byte. */
const LAST_BYTE_MS_MAX = 1_000;
const STALE_MS = 3_000;
const RECORDS = 400;
const PULSE_MS = 20;
const QUIET_MS = 1_200;
const FLOOD_CONNECTIONS = 400;
const DISK_MEGABYTES = 96;

const ACTS = ['token', 'suspension'] as const;
const names = Object.keys(STREAMS) as (keyof typeof STREAMS)[];
const idOf = (act: string, index: number): string => `${act}-${index}`;
const rights = ACTS.flatMap((act) => [...names, 'upload'].map((_name, index) => idOf(act, index)));
const tokenOf = (id: string): string => `token-of-the-system-${id}-0123456789`;

/** A system and a grant for each act and kind of stream. */
const BUNDLE = {
  ...FLOOD_BUNDLE,
  systems: [
    ...FLOOD_BUNDLE.systems,
    ...rights.map((id) => {
      const party = id.endsWith(`-${names.length}`) ? 'county-registry' : 'county-health';
      return { id, party, may: ['publish', 'subscribe'], token: tokenOf(id) };
    }),
  ],
  grants: [...FLOOD_BUNDLE.grants, ...rights.map((id) => ({ ...FLOOD_BUNDLE.grants[0], id: `g-${id}`, system: id }))],
};

t.setTimeout(10 * 60_000);

t.test('the last byte under an ended right', { timeout: 0 }, async (t) => {
  await t.test('beside nothing else', async (t) => {
    await ended(t, await prepared(await spawnBroker(t, await temporaryFolder(t))));
  });
  await t.test('under floods of frames and of requests', async (t) => {
    const broker = await prepared(await spawnBroker(t, await temporaryFolder(t)));
    for (const kind of FLOOD_KINDS.filter(({ name }) => ['pongs', 'GET /v1/clock'].includes(name))) {
      startFlood(t, broker.url, kind, FLOOD_CONNECTIONS / 2);
    }
    await ended(t, broker);
  });
  await t.test('with a full store', { skip: !mayMount }, async (t) => {
    const disk = await smallDisk(t, DISK_MEGABYTES);
    const broker = await prepared(await spawnBroker(t, disk.folder));
    await ended(t, broker, () => disk.fillUpTo(1024 * 1024));
  });
  await t.test('with another broker that is frozen', async (t) => {
    const nats = await startNats(t);
    const folder = await temporaryFolder(t);
    const settings = join(folder, 'sluice.yaml');
    await writeFile(settings, `ledgerSightMs: ${STALE_MS}\n`);
    const address = new URL(nats.url.includes('://') ? nats.url : `nats://${nats.url}`);
    Object.assign(address, { username: nats.user, password: nats.pass });
    const env = { SLUICE_NATS: address.href, SLUICE_CONFIG: settings };
    const broker = await prepared(await spawnBroker(t, join(folder, 'a'), env));
    const other = await spawnBroker(t, join(folder, 'b'), env);
    t.teardown(() => other.child.kill('SIGCONT'));
    await ended(t, broker, () => void other.child.kill('SIGSTOP'), STALE_MS + LAST_BYTE_MS_MAX);
  });
});

async function prepared(broker: BrokerProcess): Promise<BrokerProcess> {
  await applyBundle(broker.url, BUNDLE);
  const source = { url: broker.url, token: TOKENS.source };
  await publishBatch(
    source,
    Array.from({ length: RECORDS }, (_, i) => record(ENTRY, `r${i}`, 'x'.repeat(200))),
  );
  return broker;
}

/** Opens every kind of stream twice, ends its right in both ways, and reports when its last byte came. */
async function ended(t: Test, { url }: BrokerProcess, before = (): void => undefined, msMax = LAST_BYTE_MS_MAX) {
  let pulses = 0;
  const source = { url, token: TOKENS.source };
  const timer = setInterval(() => {
    void publishBatch(source, [record(ENTRY, `p${pulses++}`, 'pulse')]).catch(() => undefined);
  }, PULSE_MS);
  t.teardown(() => clearInterval(timer));
  const opened: { id: string; act: string; name: string; stream: WatchedStream }[] = [];
  for (const act of ACTS) {
    for (const [index, name] of names.entries()) {
      const id = idOf(act, index);
      const right: Right = { url, token: tokenOf(id), grant: `g-${id}` };
      opened.push({ id, act, name, stream: await STREAMS[name](right) });
    }
  }
  const uploader = idOf('token', names.length);
  opened.push({ id: uploader, act: 'token', name: 'upload', stream: upload({ url, token: tokenOf(uploader) }, ENTRY) });
  await Promise.all(
    opened.map(({ name, stream }) => eventually(() => stream.count() > 3, `deliveries of ${name}`, 60_000)),
  );
  before();
  const operator = { url, token: OPERATOR_TOKEN };
  for (const { id, act, name, stream } of opened) {
    const path = act === 'token' ? `/v1/systems/${id}/renew-token` : `/v1/grants/g-${id}/suspend`;
    const before = stream.count();
    const askedAtMs = performance.now();
    const body = act === 'token' ? undefined : JSON.stringify({ reason: 'a test' });
    const { status } = await call(operator, 'POST', path, body);
    const answeredMs = performance.now() - askedAtMs;
    t.equal(status, 200, `${act} of ${name}`);
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    const lastMs = stream.lastMs() - askedAtMs;
    t.comment(
      `${act}, ${name}: last byte after ${Math.round(lastMs)} ms, answered after ${Math.round(answeredMs)} ms, ${stream.count() - before} more deliveries`,
    );
    t.ok(lastMs <= msMax, `${act} of ${name}: ${Math.round(lastMs)} ms`);
    stream.stop();
  }
}
