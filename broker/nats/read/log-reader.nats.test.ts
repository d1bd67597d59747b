import t from 'tap';
import { connect, startNats } from '../../../tests/support/nats/nats.js';
import { startEpoch } from '../../event-log/log-epochs.js';
import { ensureStreams } from '../streams.js';
import { lastOf } from './leader-get.js';
import { lastPerSubject, readAfter, sequenceAt, streamEnds } from './log-reader.js';

t.test('reading a log', async (t) => {
  const server = await startNats(t);
  const bus = await connect(t, server);
  const store = await ensureStreams(bus, { partitions: 1, replicas: 1 });
  const put = (subject: string, text: string) => bus.publisher.publish({ subject, data: Buffer.from(text) });
  const stream = 'EV_0';

  t.test('an empty stream returns no messages', async (t) => {
    t.same(await streamEnds(bus, stream), { first: 1, last: 0 });
    t.same(await readAfter(bus, { stream, after: 0, subject: 'ev.0.>', limit: 10 }), []);
    t.equal(await lastOf(bus, stream, 'ev.0.a.b.c'), undefined);
    t.equal(await sequenceAt(bus, stream, new Date(0)), 1);
    t.same(await lastPerSubject(bus, 'CURSORS', 'cursor.>'), []);
  });

  t.test('a wildcard reads one entry of all systems, page by page, in order', async (t) => {
    for (let i = 0; i < 30; i++) await put(['ev.0.a.b.s1', 'ev.0.a.b.s2', 'ev.0.a.other.s1'][i % 3]!, `${i}`);
    const texts: string[] = [];
    for (let after = 0; ; ) {
      const page = await readAfter(bus, { stream, after, subject: 'ev.0.a.b.*', limit: 7 });
      if (page.length === 0) break;
      texts.push(...page.map((m) => Buffer.from(m.data).toString()));
      after = page.at(-1)!.position;
    }
    t.same(
      texts,
      Array.from({ length: 30 }, (_, i) => `${i}`).filter((_, i) => i % 3 !== 2),
    );
    t.same(await streamEnds(bus, stream), { first: 1, last: 30 });
  });

  t.test('a page ends early at its byte limit and the next one continues', async (t) => {
    const page = await readAfter(bus, { stream, after: 0, subject: 'ev.0.>', limit: 30, maxBytes: 300 });
    t.ok(page.length > 0 && page.length < 30);
    const [next] = await readAfter(bus, { stream, after: page.length, subject: 'ev.0.>', limit: 1 });
    t.equal(next?.position, page.length + 1);
  });

  t.test('the newest message of a subject is read, also with a wildcard', async (t) => {
    t.equal((await lastOf(bus, stream, 'ev.0.a.b.s1'))?.position, 28);
    t.match(await lastOf(bus, stream, 'ev.0.a.b.*'), { position: 29, subject: 'ev.0.a.b.s2' });
  });

  t.test('a time resolves to the first message at or after it', async (t) => {
    const between = new Date((await lastOf(bus, stream, 'ev.0.>'))!.timeMs + 1);
    t.equal(await sequenceAt(bus, stream, between), 31);
    while (Date.now() <= between.getTime()) await new Promise((resolve) => setTimeout(resolve, 1));
    await put('ev.0.a.b.s1', 'later');
    t.equal(await sequenceAt(bus, stream, between), 31);
    t.equal(await sequenceAt(bus, stream, new Date(0)), 1);
    t.equal(await sequenceAt(bus, stream, new Date(Date.now() + 60_000)), 32);
  });

  t.test('the newest records of thousands of cursors load at once', async (t) => {
    for (let round = 0; round < 2; round++) {
      for (let k = 0; k < 5; k++) {
        const names = Array.from({ length: 1_000 }, (_, i) => `cursor.g${k}.c${i}`);
        await bus.publisher.publishBatch(names.map((subject) => ({ subject, data: Buffer.from(`${round}`) })));
      }
    }
    await put('mark.s.e.x', 'not a cursor');
    const loaded = await lastPerSubject(bus, 'CURSORS', 'cursor.>');
    t.equal(loaded.length, 5_000);
    t.equal(new Set(loaded.map((m) => m.subject)).size, 5_000);
    t.ok(loaded.every((m) => Buffer.from(m.data).toString() === '1'));
  });

  t.test('a store keeps its partitions and epochs, and a restored log has another epoch', async (t) => {
    const again = await ensureStreams(bus, { partitions: 4, replicas: 1, maxBytesPerPartition: 1_000_000_000 });
    t.same(again, store);
    t.equal((await bus.jsm.streams.info(stream)).config.max_bytes, 1_000_000_000);
    const renewed = await startEpoch(bus, 0, store.logs[0] as string);
    t.not(renewed, store.logs[0]);
    t.same((await ensureStreams(bus, { partitions: 1, replicas: 1 })).logs, [renewed]);
  });
});
