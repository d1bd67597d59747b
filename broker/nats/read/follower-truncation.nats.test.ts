import t, { type Test } from 'tap';
import { emptyLog } from '../../../tests/support/broker/truncated-log.js';
import { eventually } from '../../../tests/support/condition.js';
import { connect, startNats } from '../../../tests/support/nats/nats.js';
import type { Bus } from '../bus.js';
import { ensureStreams, setEpoch } from '../streams.js';
import { Follower } from './follower.js';
import { lastOf } from './leader-get.js';

const WAIT_MS = 10_000;

async function publish(bus: Bus, count: number, ttlSeconds?: number): Promise<void> {
  for (let i = 0; i < count; i++)
    await bus.publisher.publish({ subject: 'ev.0.a.b.c', data: Buffer.from('x'), ttlSeconds });
}

/** A follower of a log with ten messages that begins behind `after`; it has seen them all. */
async function setUp(t: Test, after: number, ttlSeconds?: number) {
  const bus = await connect(t, await startNats(t));
  const { logs } = await ensureStreams(bus, { partitions: 1, replicas: 1 });
  await publish(bus, 10, ttlSeconds);
  const [seen, lost]: [number[], number[]] = [[], []];
  const follower = new Follower(bus, {
    stream: 'EV_0',
    after,
    epoch: () => logs[0],
    onMessage: ({ position }) => seen.push(position),
    onTruncated: (last) => lost.push(last),
  });
  t.teardown(() => follower.stop());
  await follower.start();
  await eventually(() => follower.position === 10, 'all to be read', WAIT_MS);
  return { bus, follower, seen, lost };
}

for (const [after, what] of [
  [0, 'that it has read'],
  [10, 'at whose end it began'],
] as const) {
  t.test(
    `a stream ${what}, that was truncated and has grown beyond its position since, is not taken for the same`,
    async (t) => {
      const { bus, follower, seen, lost } = await setUp(t, after);
      await emptyLog(bus);
      await publish(bus, 13);
      follower.recheck();
      await eventually(() => lost.length === 1, 'the loss to be noticed', WAIT_MS);
      t.strictSame(lost, [9]);
      await publish(bus, 1);
      await eventually(() => seen.at(-1) === 14, 'the next message', WAIT_MS);
      t.equal(lost.length, 1);
    },
  );
}

t.test('a stream with another epoch is reported as another stream', async (t) => {
  const { bus, follower, lost } = await setUp(t, 0);
  follower.recheck();
  await publish(bus, 1);
  await eventually(() => follower.position === 11, 'it to go on', WAIT_MS);
  t.strictSame(lost, []);
  await setEpoch(bus, await bus.jsm.streams.info('EV_0'), 'another');
  follower.recheck();
  await eventually(() => lost.length === 1, 'the other epoch to be noticed', WAIT_MS);
});

t.test('a last message that expired is not taken for a truncation', async (t) => {
  const { bus, follower, seen, lost } = await setUp(t, 0, 1);
  await eventually(async () => (await lastOf(bus, 'EV_0', 'ev.0.>')) === undefined, 'all to end', WAIT_MS);
  follower.recheck();
  await publish(bus, 1);
  await eventually(() => seen.at(-1) === 11, 'the next message', WAIT_MS);
  t.strictSame(lost, []);
});
