import t from 'tap';
import { connect, startNats } from '../../../tests/support/nats/nats.js';
import { stopProcess } from '../../../tests/support/nats/stopped-process.js';
import {
  DuplicateInBatchError,
  StoreFullError,
  StoreRefusedError,
  StoreUnavailableError,
  WrongExpectedSequenceError,
} from '../store-errors.js';
import { ensureStreams } from '../streams.js';
import type { OutMessage } from './out-message.js';

const data = Buffer.from('x');
const message = (more: Partial<OutMessage> = {}): OutMessage => ({ subject: 'ev.0.a.b.c', data, ...more });

t.test('publishing', async (t) => {
  const server = await startNats(t);
  const bus = await connect(t, server);
  await ensureStreams(bus, { partitions: 1, replicas: 1 });
  const { publisher } = bus;
  const last = async () => (await bus.jsm.streams.info('EV_0')).state.last_seq;

  t.test('an acknowledgement has the position, and a repeated id has the same one', async (t) => {
    const first = await publisher.publish(message({ id: 'one' }));
    t.match(first, { stream: 'EV_0', duplicate: false });
    t.same(await publisher.publish(message({ id: 'one' })), { ...first, duplicate: true });
  });

  t.test('concurrent messages are stored in the order of the calls', async (t) => {
    const acks = await Promise.all(Array.from({ length: 5_000 }, () => publisher.publish(message())));
    t.ok(acks.every((ack, i) => ack.position === acks[0]!.position + i));
    t.equal(publisher.inFlight, 0);
  });

  t.test('a message with a wrong expectation is not stored', async (t) => {
    const before = await last();
    await t.rejects(publisher.publish(message({ expectLast: before - 1 })), WrongExpectedSequenceError);
    await t.rejects(publisher.publish(message({ expectLastSubject: 1 })), WrongExpectedSequenceError);
    t.equal(await last(), before);
    t.equal((await publisher.publish(message({ expectLast: before }))).position, before + 1);
    t.equal((await publisher.publish(message({ expectLastSubject: before + 1 }))).position, before + 2);
  });

  t.test('a batch gets contiguous positions', async (t) => {
    const before = await last();
    const batch = Array.from({ length: 1_000 }, (_, i) => message({ id: `batch-${i}` }));
    t.same(await publisher.publishBatch(batch), { lastPosition: before + 1_000, count: 1_000 });
    t.same(await publisher.publishBatch([message()]), { lastPosition: before + 1_001, count: 1 });
  });

  t.test('a batch is refused whole for a duplicate, a wrong expectation or its size', async (t) => {
    await publisher.publish(message({ id: 'seen' }));
    const before = await last();
    const withDuplicate = [message(), message({ id: 'seen' }), message()];
    await t.rejects(publisher.publishBatch(withDuplicate), DuplicateInBatchError);
    await t.rejects(
      publisher.publishBatch([message(), message({ subject: 'ev.0.q.q.q', expectLastSubject: 7 })]),
      WrongExpectedSequenceError,
    );
    await t.rejects(publisher.publishBatch([message({ expectLast: 3 }), message()]), WrongExpectedSequenceError);
    await t.rejects(publisher.publishBatch(Array.from({ length: 1_001 }, () => message())), StoreRefusedError);
    await t.rejects(publisher.publishBatch([]), StoreRefusedError);
    t.equal(await last(), before);
  });

  t.test('a chain is stored behind its message, and ends before the first that is refused', async (t) => {
    const link = (id: string, more: Partial<OutMessage> = {}) => ({ ...message(more), id });
    const { position } = await publisher.publish(link('l0'));
    await publisher.publishChain([link('l1'), link('l2'), link('l3')], 'l0');
    t.match(await publisher.publish(link('l2')), { position: position + 2, duplicate: true });
    t.equal(await last(), position + 3);
    await t.rejects(publisher.publishChain([link('l4'), link('l5')], 'l2'), WrongExpectedSequenceError);
    t.equal(await last(), position + 3);
    const refused = link('l5', { subject: 'ev.0.q.q.q', expectLastSubject: 7 });
    await t.rejects(publisher.publishChain([link('l4'), refused, link('l6')], 'l3'), WrongExpectedSequenceError);
    t.equal(await last(), position + 4);
    t.equal(publisher.inFlight, 0);
  });

  t.test('a TTL is kept by single messages and batches', async (t) => {
    t.ok((await publisher.publish(message({ ttlSeconds: 3_600 }))).position);
    const { lastPosition } = await publisher.publishBatch([
      message({ ttlSeconds: 3_600 }),
      message({ ttlSeconds: 7_200 }),
    ]);
    const stored = await bus.jsm.streams.getMessage('EV_0', { seq: lastPosition });
    t.equal(stored?.header.get('Nats-TTL'), '7200s');
  });

  t.test('a newer record of a subject replaces the older one, also in a batch', async (t) => {
    const cursor = { subject: 'cursor.g.default', data };
    await publisher.publish(cursor);
    await publisher.publishBatch([cursor, cursor]);
    t.equal((await bus.jsm.streams.info('CURSORS')).state.messages, 1);
  });

  t.test('a batch with one member that is too large is refused whole', async (t) => {
    const before = await last();
    const large = message({ data: Buffer.alloc(9 * 1024 * 1024) });
    await t.rejects(publisher.publishBatch([message(), large, message()]), StoreRefusedError);
    await t.rejects(publisher.publishBatch([message(), large]), StoreRefusedError);
    t.equal(await last(), before);
  });

  t.test('a missing stream and a message that is too large have different errors', async (t) => {
    await t.rejects(publisher.publish(message({ subject: 'nowhere' })), StoreUnavailableError);
    await t.rejects(publisher.publishBatch([message({ subject: 'nowhere' }), message()]), StoreUnavailableError);
    await t.rejects(publisher.publish(message({ data: Buffer.alloc(9 * 1024 * 1024) })), StoreRefusedError);
  });
});

t.test('a full store refuses new messages and keeps the stored ones', async (t) => {
  const server = await startNats(t);
  const bus = await connect(t, server);
  await ensureStreams(bus, { partitions: 1, replicas: 1, maxBytesPerPartition: 100_000 });
  const big = message({ data: Buffer.alloc(30_000) });
  for (let i = 0; i < 3; i++) await bus.publisher.publish(big);
  const ofStream = { code: 'STORE_FULL', message: 'stream EV_0 has reached its limit: maximum bytes exceeded' };
  await t.rejects(bus.publisher.publish(big), ofStream);
  await t.rejects(bus.publisher.publishBatch([big, big]), StoreFullError);
  const { state } = await bus.jsm.streams.info('EV_0');
  t.match(state, { messages: 3, first_seq: 1 });
});

t.test('writes are refused while the server is down, and messages in flight reject as uncertain', async (t) => {
  const server = await startNats(t);
  const bus = await connect(t, server);
  await ensureStreams(bus, { partitions: 1, replicas: 1 });
  await stopProcess(server.pid);
  const inTransit = bus.publisher.publish(message());
  const lost = new Promise<void>((resolve) => bus.onStatus((up) => up || resolve()));
  process.kill(server.pid, 'SIGKILL');
  await t.rejects(inTransit, { name: 'StoreUnavailableError', uncertain: true });
  await lost;
  await t.rejects(bus.publisher.publish(message()), {
    name: 'StoreUnavailableError',
    uncertain: false,
    code: 'STORE_UNAVAILABLE',
  });
  const up = new Promise<void>((resolve) => bus.onStatus((up) => up && resolve()));
  await up;
  t.ok((await bus.publisher.publish(message())).position);
});
