import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { startBroker } from '../../support/broker/broker.js';
import { ENTRY, REFUSAL_BUNDLE, TOKENS } from '../../support/broker/refusal-bundle.js';
import { call, type RawAnswer } from '../../support/raw-client/raw-http.js';
import { mayMount, type SmallDisk, smallDisk } from '../../support/small-disk.js';

const DISK_MEGABYTES = 64;
const WAIT_MS_MAX = 60_000;
/** Answers take milliseconds; one that waited for the store to have room would not come. */
const ANSWER_MS_MAX = 10_000;
const skip = mayMount ? false : 'mounting a disk of its own takes root on Linux';

/** Random names, so that compression does not save room. */
const event = () => {
  const id = randomBytes(9).toString('base64url');
  const name = randomBytes(24_000).toString('base64url');
  return { specversion: '1.0', id, type: ENTRY, subject: id, op: 'create', data: { id, name } };
};

interface FullBus {
  publish(): Promise<{ status: number; code: string | undefined; ms: number }>;
  ready(): Promise<RawAnswer>;
  suspend(grant: string): Promise<{ status: number; ms: number }>;
  putDraft(): Promise<RawAnswer>;
}

async function busOn(t: Test, disk: SmallDisk): Promise<FullBus> {
  const { url, operatorToken, apply } = await startBroker(t, { config: { dataDir: disk.folder, partitions: 1 } });
  await apply(REFUSAL_BUNDLE);
  const at = { url, token: TOKENS.source };
  const operator = { url, token: operatorToken };
  const timed = async (answer: Promise<RawAnswer>) => {
    const startedAt = performance.now();
    const { status, json } = await answer;
    return { status, code: (json as { code?: string } | undefined)?.code, ms: performance.now() - startedAt };
  };
  return {
    publish: () => timed(call(at, 'POST', '/v1/events', JSON.stringify(event()))),
    ready: () => call(operator, 'GET', '/readyz'),
    suspend: (id) => timed(call(operator, 'POST', `/v1/grants/${id}/suspend`, JSON.stringify({ reason: 'the disk' }))),
    putDraft: () => {
      const [document] = REFUSAL_BUNDLE.entries;
      const draft = JSON.stringify({ ...document, name: 'Other shops' });
      return call(operator, 'PUT', `/v1/catalog/${ENTRY}`, draft);
    },
  };
}

async function until<T>(what: string, read: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
  const deadline = performance.now() + WAIT_MS_MAX;
  for (;;) {
    const value = await read();
    if (isDone(value)) return value;
    if (performance.now() > deadline) throw new Error(`${what} did not come: ${JSON.stringify(value).slice(0, 500)}`);
    await pause(50);
  }
}

t.test(
  'events are refused while room for delivery is left, and taken again when there is more',
  { skip },
  async (t) => {
    const disk = await smallDisk(t, DISK_MEGABYTES);
    const bus = await busOn(t, disk);
    disk.fillUpTo(3 * 1024 * 1024);
    const full = await until('507', bus.publish, ({ status }) => status !== 201);
    t.same([full.status, full.code], [507, 'STORE_FULL']);
    const ready = await bus.ready();
    t.equal(ready.status, 200, 'delivery goes on');
    t.match(ready.text, /the store is full/);
    t.equal((await bus.putDraft()).status, 200, 'acts are stored');
    disk.empty();
    await until('room', bus.publish, ({ status }) => status === 201);
  },
);

t.test('an act that ends rights is stored on a disk that takes nothing else', { skip }, async (t) => {
  const disk = await smallDisk(t, DISK_MEGABYTES);
  const bus = await busOn(t, disk);
  disk.fillUpTo(1024 * 1024);
  await until('not ready', bus.ready, ({ status }) => status === 503);
  t.equal((await bus.putDraft()).status, 507);
  const suspended = await bus.suspend('g-shops');
  t.equal(suspended.status, 200);
  t.ok(suspended.ms < ANSWER_MS_MAX, `${suspended.ms} ms`);
});

t.test('a disk filled to the last byte is answered at once and left behind without a restart', { skip }, async (t) => {
  const disk = await smallDisk(t, DISK_MEGABYTES);
  const bus = await busOn(t, disk);
  t.equal((await bus.publish()).status, 201);
  // Events are on their way when another program takes the last byte: the server meets ENOSPC.
  let isFilling = true;
  const answers: { status: number; ms: number }[] = [];
  const publishers = Array.from({ length: 8 }, async () => {
    while (isFilling) answers.push(await bus.publish());
  });
  await until(
    'events',
    async () => answers.length,
    (count) => count >= 8,
  );
  disk.fillUpTo(0);
  await until(
    '507',
    async () => answers.at(-1),
    (last) => last?.status === 507,
  );
  isFilling = false;
  await Promise.all(publishers);
  t.ok(
    answers.every(({ ms }) => ms < ANSWER_MS_MAX),
    `slowest answer ${Math.max(...answers.map(({ ms }) => ms))} ms`,
  );
  const refused = await bus.publish();
  t.same([refused.status, refused.code], [507, 'STORE_FULL']);
  t.ok(refused.ms < ANSWER_MS_MAX, `${refused.ms} ms`);
  const ready = await until('not ready', bus.ready, ({ status }) => status === 503);
  t.match(ready.text, /the store is full/);
  disk.empty();
  await until('an event stored again', bus.publish, ({ status }) => status === 201);
  await until('ready', bus.ready, ({ status }) => status === 200);
});
