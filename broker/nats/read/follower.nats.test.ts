import { EventEmitter, once } from 'node:events';
import { deferred } from '@nats-io/transport-node';
import t from 'tap';
import { eventually } from '../../../tests/support/condition.js';
import { connect, startNats } from '../../../tests/support/nats/nats.js';
import { StoreUnavailableError } from '../store-errors.js';
import { ensureStreams } from '../streams.js';
import { Follower } from './follower.js';

t.test('a follower', async (t) => {
  const server = await startNats(t);
  const bus = await connect(t, server);
  await ensureStreams(bus, { partitions: 2, replicas: 1 });

  t.test('a follower delivers stored messages, reports that it has caught up, and continues live', async (t) => {
    for (let i = 0; i < 10; i++) await bus.publisher.publish({ subject: 'ev.1.a.b.c', data: Buffer.from(`${i}`) });
    const seen: number[] = [];
    const events = new EventEmitter();
    const follower = new Follower(bus, {
      stream: 'EV_1',
      after: 3,
      onMessage: (m) => {
        seen.push(m.position);
        events.emit('message', m);
      },
      onCaughtUp: () => events.emit('end'),
    });
    t.teardown(() => follower.stop());
    const end = once(events, 'end');
    await follower.start();
    await end;
    t.same(seen, [4, 5, 6, 7, 8, 9, 10]);
    const next = once(events, 'message');
    await bus.publisher.publish({ subject: 'ev.1.a.b.c', data: Buffer.from('live'), id: 'live' });
    const [message] = await next;
    t.match(message, { position: 11, subject: 'ev.1.a.b.c', data: Buffer.from('live') });
    t.equal(message.headers?.get('Nats-Msg-Id'), 'live');
    t.ok(Math.abs(message.timeMs - Date.now()) < 60_000);
    t.equal(follower.position, 11);
    t.ok(performance.now() - follower.lastSeenAtMs < 5_000);
  });

  t.test('a follower of an idle stream stays fresh by heartbeats', async (t) => {
    const follower = new Follower(bus, { stream: 'EV_1', after: 0, onMessage: () => {} });
    t.teardown(() => follower.stop());
    await follower.start();
    const before = performance.now();
    while (follower.lastSeenAtMs <= before + 500) await new Promise((resolve) => setTimeout(resolve, 20));
    t.pass('a heartbeat came');
  });

  t.test('a follower of a stream that ends before its position reports it and continues at its end', async (t) => {
    const lost = new Promise<number>((resolve) => {
      const onTruncated = resolve;
      const follower = new Follower(bus, { stream: 'EV_1', after: 1_000, onMessage: () => {}, onTruncated });
      t.teardown(() => follower.stop());
      void follower.start();
    });
    t.equal(await lost, 11);
  });

  t.test(
    'a follower under backpressure is not sent all that the stream holds, and gets the rest when it ends',
    async (t) => {
      const large = await connect(t, await startNats(t));
      await ensureStreams(large, { partitions: 1, replicas: 1 });
      const data = Buffer.alloc(200_000);
      for (let i = 0; i < 100; i++) await large.publisher.publish({ subject: 'ev.0.a.b.c', data });
      const seen: number[] = [];
      const capacity = deferred<void>();
      let asked = 0;
      const backpressure = () => {
        asked++;
        return capacity;
      };
      const follower = new Follower(large, {
        stream: 'EV_0',
        after: 0,
        onMessage: (m: { position: number }) => void seen.push(m.position),
        backpressure,
      });
      t.teardown(() => follower.stop());
      await follower.start();
      await eventually(() => asked > 0, 'the server to ask whether it may go on', 10_000);
      await large.nc.flush();
      t.ok(seen.length < 100);
      capacity.resolve();
      await eventually(() => seen.length === 100, 'all messages', 10_000);
      t.same(
        seen,
        Array.from({ length: 100 }, (_, i) => i + 1),
      );
    },
  );

  t.test('a follower neither skips nor repeats while its server is killed repeatedly', async (t) => {
    const seen: number[] = [];
    const follower = new Follower(bus, { stream: 'EV_0', after: 0, onMessage: (m) => seen.push(m.position) });
    t.teardown(() => follower.stop());
    await follower.start();
    let acked = 0;
    for (let kill = 0; kill < 3; kill++) {
      const until = acked + 3_000;
      let killed = false;
      while (acked < until) {
        if (!killed && acked > until - 1_500) {
          killed = true;
          process.kill(server.pid, 'SIGKILL');
        }
        try {
          const acks = Array.from({ length: 100 }, () =>
            bus.publisher.publish({ subject: 'ev.0.a.b.c', data: Buffer.from('x') }),
          );
          acked = Math.max(acked, ...(await Promise.all(acks)).map((ack) => ack.position));
        } catch (error) {
          if (!(error instanceof StoreUnavailableError)) throw error;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    }
    const last = (await bus.jsm.streams.info('EV_0')).state.last_seq;
    t.ok(last >= acked, 'the server has everything that it acknowledged');
    while (follower.position < last) await new Promise((resolve) => setTimeout(resolve, 10));
    t.equal(seen.length, last);
    t.ok(seen.every((position, i) => position === i + 1));
  });
});
