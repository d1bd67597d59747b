import t, { type Test } from 'tap';
import { emptyLog } from '../../../tests/support/broker/truncated-log.js';
import { eventually } from '../../../tests/support/condition.js';
import { connect, startNats } from '../../../tests/support/nats/nats.js';
import { ensureStreams } from '../streams.js';
import { Follower } from './follower.js';

const SUBJECT = 'ev.0.a.b.c';
const WAIT_MS = 10_000;

/** A follower at the end of a log with three messages, a writer beside it, and what was handed over as `position:text`. */
async function setUp(t: Test) {
  const bus = await connect(t, await startNats(t));
  const { logs } = await ensureStreams(bus, { partitions: 1, replicas: 1 });
  const [seen, lost]: [string[], number[]] = [[], []];
  const publish = async (text: string) =>
    (await bus.publisher.publish({ subject: SUBJECT, data: Buffer.from(text) })).position;
  for (const text of ['1', '2', '3']) await publish(text);
  const follower = new Follower(bus, {
    stream: 'EV_0',
    after: 0,
    epoch: () => logs[0],
    onMessage: ({ position, data }) => seen.push(`${position}:${Buffer.from(data)}`),
    onTruncated: (last) => lost.push(last),
  });
  t.teardown(() => follower.stop());
  await follower.start();
  await eventually(() => follower.position === 3, 'all to be read', WAIT_MS);
  const handOver = (position: number, text: string, sentAtMs = performance.now()): void =>
    follower.stored({ position, subject: SUBJECT, data: Buffer.from(text), timeMs: 0 }, sentAtMs);
  return { bus, follower, seen, lost, publish, handOver };
}

t.test('messages that their writer hands over are given at once, and once, in order', async (t) => {
  const { follower, seen, lost, publish, handOver } = await setUp(t);
  for (let i = 0; i < 200; i++) {
    const sentAtMs = performance.now();
    const position = await publish(`own ${i}`);
    handOver(position, `own ${i}`, sentAtMs);
    t.equal(follower.position >= position, true, 'it did not wait for the consumer');
  }
  const last = await publish('another');
  await eventually(() => follower.position === last, 'the message of another writer', WAIT_MS);
  t.strictSame(
    seen.map((one) => Number(one.split(':')[0])),
    Array.from({ length: last }, (_, i) => i + 1),
  );
  t.strictSame(lost, []);
});

t.test('a message behind one of another writer is left to the consumer', async (t) => {
  const { seen, handOver } = await setUp(t);
  handOver(5, 'behind a gap');
  handOver(3, 'a repetition');
  handOver(4, 'sent before the log was checked', performance.now() - 60_000);
  t.strictSame(seen, ['1:1', '2:2', '3:3']);
});

t.test('another message in the place of one that was handed over is a truncated log', async (t) => {
  const { seen, lost, publish, handOver } = await setUp(t);
  handOver(4, 'lost by the store');
  t.strictSame(seen.at(-1), '4:lost by the store');
  await publish('stored in its place');
  await eventually(() => lost.length === 1, 'the difference to be noticed', WAIT_MS);
  t.strictSame(lost, [2]);
  await publish('next');
  await eventually(() => seen.at(-1) === '5:next', 'the follower to go on at the end', WAIT_MS);
});

t.test('a log that lost what was handed over is truncated', async (t) => {
  const { bus, follower, lost, handOver } = await setUp(t);
  handOver(4, 'lost by the store');
  await emptyLog(bus);
  follower.recheck();
  await eventually(() => lost.length === 1, 'the loss to be noticed', WAIT_MS);
});
