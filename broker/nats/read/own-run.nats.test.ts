import t, { type Test } from 'tap';
import { emptyLog } from '../../../tests/support/broker/truncated-log.js';
import { eventually } from '../../../tests/support/condition.js';
import { connect, startNats } from '../../../tests/support/nats/nats.js';
import { ensureStreams } from '../streams.js';
import type { OutMessage } from '../write/out-message.js';
import { Follower } from './follower.js';

const SUBJECT = 'ev.0.a.b.c';
const WAIT_MS = 10_000;
const COMMIT = 500;
const CHECK_INTERVAL_MS = 2_000;
/** Less than what the test runner allows a test. */
const UNREAD_WAIT_MS = 25_000;

/** A follower of an empty log that its own writer has written to until the follower does not read it any more. */
async function setUp(t: Test) {
  const bus = await connect(t, await startNats(t));
  const { logs } = await ensureStreams(bus, { partitions: 1, replicas: 1 });
  const [seen, lost]: [number[], number[]] = [[], []];
  const follower = new Follower(bus, {
    stream: 'EV_0',
    after: 0,
    epoch: () => logs[0],
    onMessage: ({ position }) => seen.push(position),
    onTruncated: (last) => lost.push(last),
  });
  t.teardown(() => follower.stop());
  await follower.start();
  const handOver = (position: number, text: string, sentAtMs: number): void => {
    follower.wrote(position, sentAtMs);
    follower.stored({ position, subject: SUBJECT, data: Buffer.from(text), timeMs: 0 }, sentAtMs);
  };
  const commit = async (handedOver = (i: number) => `${i}`): Promise<number> => {
    const messages = Array.from(
      { length: COMMIT },
      (_, i): OutMessage => ({ subject: SUBJECT, data: Buffer.from(`${i}`) }),
    );
    const sentAtMs = performance.now();
    const { lastPosition } = await bus.publisher.publishBatch(messages);
    for (let i = 0; i < COMMIT; i++) handOver(lastPosition - COMMIT + 1 + i, handedOver(i), sentAtMs);
    return lastPosition;
  };
  const consumers = async () => (await bus.jsm.streams.info('EV_0')).state.consumer_count;
  const other = async () =>
    (await bus.publisher.publish({ subject: SUBJECT, data: Buffer.from('of another') })).position;
  await eventually(
    async () => {
      await commit();
      return (await consumers()) === 0;
    },
    'the consumer to be closed',
    WAIT_MS,
  );
  return { bus, follower, seen, lost, commit, consumers, other, handOver };
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

t.test(
  'a stream that one process writes much to is read again when that falls silent, and nothing is missing',
  async (t) => {
    const { follower, seen, lost, commit, consumers, other } = await setUp(t);
    t.equal(await commit(), follower.position, 'commits are handed over without a consumer');
    const last = await other();
    await eventually(() => follower.position === last, 'the message of another writer', WAIT_MS);
    t.equal(await consumers(), 1);
    t.strictSame(seen, upTo(last));
    t.strictSame(lost, []);
  },
);

t.test('a message of another writer between two commits is not left out', async (t) => {
  const { follower, seen, lost, commit, other } = await setUp(t);
  await other();
  const last = await commit();
  await eventually(() => follower.position === last, 'the rest', WAIT_MS);
  t.strictSame(seen, upTo(last));
  t.strictSame(lost, []);
});

t.test('what was handed over without a consumer is compared when the stream is read again', async (t) => {
  const { follower, seen, lost, commit, other, handOver } = await setUp(t);
  const last = await commit();
  handOver(last + 1, 'lost by the store', performance.now());
  t.equal(seen.at(-1), last + 1);
  await other();
  await eventually(() => lost.length === 1, 'the difference to be noticed', WAIT_MS);
  const next = await other();
  await eventually(() => follower.position === next, 'the follower to go on at the end', WAIT_MS);
});

t.test('a stream is not read for as long as one process writes much to it', async (t) => {
  const { bus, follower, seen, lost, commit } = await setUp(t);
  let last = 0;
  let unreadSinceMs = performance.now();
  bus.nc.subscribe('$JS.EVENT.ADVISORY.CONSUMER.CREATED.EV_0.*', {
    callback: () => {
      unreadSinceMs = performance.now();
    },
  });
  // A machine that is busy with other tests may hold the writer up, and then the stream is read for a while.
  await eventually(
    async () => {
      last = await commit();
      return performance.now() - unreadSinceMs > CHECK_INTERVAL_MS + 1_500;
    },
    'a long time without a consumer',
    UNREAD_WAIT_MS,
  );
  t.ok(performance.now() - follower.lastSeenAtMs < CHECK_INTERVAL_MS, 'it counts as fresh all the same');
  await eventually(() => follower.position === last, 'the last commit', WAIT_MS);
  t.strictSame(seen, upTo(last));
  t.strictSame(lost, []);
});

t.test('what a process that keeps writing has handed over is compared meanwhile', async (t) => {
  const { lost, commit } = await setUp(t);
  await eventually(
    async () => {
      await commit((i) => `lost by the store: ${i}`);
      return lost.length === 1;
    },
    'the difference to be noticed',
    WAIT_MS,
  );
});

t.test('positions that begin anew are a truncated log', async (t) => {
  const { bus, lost, commit } = await setUp(t);
  await emptyLog(bus);
  await commit();
  await eventually(() => lost.length === 1, 'the loss to be noticed', WAIT_MS);
});
