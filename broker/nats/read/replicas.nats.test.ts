import t from 'tap';
import { eventually } from '../../../tests/support/condition.js';
import { NatsCluster } from '../../../tests/support/nats/nats-cluster.js';
import { startEpoch } from '../../event-log/log-epochs.js';
import { StoreUnavailableError } from '../store-errors.js';
import { ensureStreams } from '../streams.js';
import { whenAvailable } from '../when-available.js';
import { Follower } from './follower.js';
import { lastOf } from './leader-get.js';
import { lastPerSubject, pagesOf, sequenceAt, streamEnds } from './log-reader.js';

t.setTimeout(180_000);
t.test('on a cluster with three replicas', { timeout: 150_000 }, async (t) => {
  const cluster = await NatsCluster.start(t);
  const bus = await cluster.connect(t);
  await ensureStreams(bus, { partitions: 1, replicas: 3 });
  const put = (subject: string, text: string) => bus.publisher.publish({ subject, data: Buffer.from(text) });

  t.test('an acknowledged message is read at once, whichever replica answers', async (t) => {
    for (let round = 1; round <= 100; round++) {
      const { position } = await put('cursor.g.c', `${round}`);
      const [newest, perSubject] = await Promise.all([
        lastOf(bus, 'CURSORS', 'cursor.g.c'),
        round % 10 === 0 ? lastPerSubject(bus, 'CURSORS', 'cursor.>') : undefined,
      ]);
      if (newest?.position !== position) t.fail(`read ${newest?.position} after ${position} was stored`);
      if (perSubject && perSubject.at(-1)?.position !== position) t.fail('the load missed the newest');
    }
  });

  t.test('a message whose id is still being replicated is uncertain, and a duplicate soon after', async (t) => {
    const message = { subject: 'ev.0.a.c.c', data: Buffer.from('repeated'), id: 'repeated' };
    const [first, ...others] = await Promise.allSettled(
      Array.from({ length: 20 }, () => bus.publisher.publish(message)),
    );
    if (first?.status !== 'fulfilled') return t.fail('the first one is not stored');
    const { position } = first.value;
    const failed = others.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    t.ok(failed.length > 0, 'some came while it was on its way');
    t.ok(failed.every((error) => error instanceof StoreUnavailableError && error.uncertain));
    t.same(await bus.publisher.publish(message), { stream: 'EV_0', position, duplicate: true });
  });

  t.test('pages reach the end of the leader, and times are resolved on it', async (t) => {
    const texts = Array.from({ length: 300 }, (_, i) => `${i}`);
    for (const text of texts) await put('ev.0.a.b.c', text);
    const newest = await lastOf(bus, 'EV_0', 'ev.0.a.b.c');
    await eventually(() => Date.now() > (newest?.timeMs ?? 0), 'the next millisecond', 1_000);
    const before = new Date();
    const { position } = await put('ev.0.a.b.c', 'last');
    t.equal(await sequenceAt(bus, 'EV_0', before), position);
    t.equal(await sequenceAt(bus, 'EV_0', new Date(Date.now() + 60_000)), position + 1);
    const read: string[] = [];
    for await (const page of pagesOf(bus, { stream: 'EV_0', subject: 'ev.0.a.b.*', after: 0, limit: 70 }))
      read.push(...page.map(({ data }) => Buffer.from(data).toString()));
    t.same(read, [...texts, 'last']);
  });

  t.test('a follower reports the end of the leader only, and survives its loss', async (t) => {
    const seen: number[] = [];
    let endSeenAt = 0;
    const { last } = await streamEnds(bus, 'EV_0');
    const follower = new Follower(bus, {
      stream: 'EV_0',
      after: 0,
      onMessage: ({ position }) => seen.push(position),
      onCaughtUp: () => (endSeenAt = seen.length),
    });
    t.teardown(() => follower.stop());
    await follower.start();
    await eventually(() => endSeenAt > 0, 'the end to be reached', 20_000);
    t.equal(endSeenAt, last);
    t.ok(performance.now() - follower.lastSeenAtMs < 5_000, 'the stream is fresh');
    const leader = await cluster.leaderOf(bus, 'EV_0');
    await cluster.kill(leader);
    const started = Date.now();
    await eventually(
      () =>
        put('ev.0.a.b.c', 'after').then(
          () => true,
          () => false,
        ),
      'another leader',
      60_000,
    );
    const { position } = await put('ev.0.a.b.c', 'after the election');
    t.comment(`writing went on after ${Date.now() - started} ms`);
    await eventually(() => seen.at(-1) === position, 'the follower to go on', 60_000);
    t.same(
      seen,
      Array.from({ length: position }, (_, i) => i + 1),
      'every position once and in order',
    );
    await cluster.restart(leader);
  });

  t.test('followers of an idle stream notice another epoch and agree on it', async (t) => {
    const store = () => whenAvailable(() => ensureStreams(bus, { partitions: 1, replicas: 3 }));
    const { logs } = await store();
    let lost = 0;
    const onTruncated = () => lost++;
    const { last: after } = await streamEnds(bus, 'EV_0');
    const follower = new Follower(bus, {
      stream: 'EV_0',
      after,
      epoch: () => logs[0],
      onMessage: () => {},
      onTruncated,
    });
    t.teardown(() => follower.stop());
    await follower.start();
    const epochs = await Promise.all([1, 2, 3].map(() => whenAvailable(() => startEpoch(bus, 0, logs[0] as string))));
    t.equal(new Set(epochs).size, 1);
    await eventually(() => lost > 0, 'the other epoch to be noticed', 30_000);
    t.strictSame((await store()).logs, [epochs[0]]);
  });

  t.test('a stream without a majority is stale, though its servers are still connected', async (t) => {
    const follower = new Follower(bus, { stream: 'LEDGER', after: 0, onMessage: () => {} });
    t.teardown(() => follower.stop());
    await follower.start();
    await eventually(() => performance.now() - follower.lastSeenAtMs < 1_500, 'the stream to be fresh', 30_000);
    const connectedTo = cluster.indexOf(bus);
    const others = [0, 1, 2].filter((index) => index !== connectedTo);
    for (const index of others) cluster.freeze(index);
    const lostAt = Date.now();
    await eventually(() => performance.now() - follower.lastSeenAtMs > 8_000, 'the stream to be stale', 60_000);
    t.comment(`stale since ${Date.now() - lostAt - 8_000} ms after the majority was lost`);
    for (const index of others) cluster.thaw(index);
    await eventually(() => performance.now() - follower.lastSeenAtMs < 5_000, 'the stream to be fresh again', 60_000);
  });
});
