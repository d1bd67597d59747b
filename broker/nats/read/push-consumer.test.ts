import { deferred } from '@nats-io/transport-node';
import t, { type Test } from 'tap';
import type { Bus } from '../bus.js';
import { PushConsumer } from './push-consumer.js';

/** A consumer on a server of this test, which says when it sends a heartbeat and when it answers. */
async function openConsumer(t: Test) {
  let nowMs = 1_000;
  const { now } = performance;
  performance.now = () => nowMs;
  t.teardown(() => {
    performance.now = now;
  });
  let deliver: (error: null, message: object) => void = () => undefined;
  const answers: ReturnType<typeof deferred<void>>[] = [];
  const nc = {
    subscribe: (_subject: string, { callback }: { callback: typeof deliver }) => {
      deliver = callback;
      return { getSubject: () => 'inbox', unsubscribe: () => undefined };
    },
    flush: () => {
      const answer = deferred<void>();
      answers.push(answer);
      return answer;
    },
    isClosed: () => false,
  };
  const jsm = { consumers: { add: async () => ({ name: 'c', num_pending: 0, delivered: { consumer_seq: 0 } }) } };
  const bus = { nc, jsm, newInbox: () => 'inbox', isUp: () => false } as unknown as Bus;
  const consumer = await PushConsumer.open(bus, {
    stream: 'LEDGER',
    config: {},
    onMessage: () => undefined,
    onBroken: () => undefined,
  });
  t.teardown(() => consumer.close());
  const heartbeatAt = (ms: number): void => {
    nowMs = ms;
    deliver(null, { reply: '' });
  };
  return { consumer, heartbeatAt, answers };
}

t.test('heartbeats that come in time prove that everything was read', async (t) => {
  const { consumer, heartbeatAt, answers } = await openConsumer(t);
  heartbeatAt(2_000);
  t.equal(consumer.lastSeenAtMs, 2_000);
  heartbeatAt(3_100);
  t.equal(consumer.lastSeenAtMs, 3_100);
  t.equal(answers.length, 0);
});

t.test('a heartbeat behind a pause proves nothing until the server has answered', async (t) => {
  const { consumer, heartbeatAt, answers } = await openConsumer(t);
  heartbeatAt(18_000);
  heartbeatAt(18_001);
  t.equal(consumer.lastSeenAtMs, 1_000, 'the heartbeat may be as old as the pause');
  t.equal(answers.length, 1, 'the server is asked once');
  answers[0]?.resolve();
  await answers[0];
  await Promise.resolve();
  t.equal(consumer.lastSeenAtMs, 18_000, 'everything sent before the question was read before its answer');
  heartbeatAt(19_000);
  t.equal(consumer.lastSeenAtMs, 19_000);
});
