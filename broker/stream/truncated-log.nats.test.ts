import { deferred } from '@nats-io/transport-node';
import t from 'tap';
import { startStreamFixture } from '../../tests/support/broker/stream-fixture.js';
import { follow, person, publishMany, startStream } from '../../tests/support/broker/stream-follow.js';
import { lifeInStore, loseTail, readAgain } from '../../tests/support/broker/truncated-log.js';
import { eventually } from '../../tests/support/condition.js';
import { connect } from '../../tests/support/nats/nats.js';
import { setEpoch } from '../nats/streams.js';

const WAIT_MS = 10_000;

t.test('after a truncation a cursor stored by one broker is valid on the others', async (t) => {
  const { fixture, stream } = await startStream(t);
  const other = await fixture.open(t);
  await publishMany(fixture, 0, 10);
  for (const { readers } of [stream, other])
    await eventually(() => readers.at(0).head === 10, 'the log to be read', WAIT_MS);
  await loseTail(fixture, 5, [stream, other]);
  const epochs = await Promise.all([readAgain(stream), readAgain(other)]);
  t.strictSame([...new Set(epochs)], [await lifeInStore(fixture.bus)]);
  const { sink, subscription } = await follow(stream);
  await sink.until(() => sink.positions.length === 5);
  subscription.ack(5);
  await sink.until(() => sink.acked === 5);
  await subscription.close();
  const next = await fixture.publish('create', person(1));
  const { sink: onOther } = await follow(other, { from: 'cursor' });
  await onOther.until(() => onOther.has('caught_up'));
  t.strictSame(onOther.positions, [next]);
});

t.test(
  'a broker that reads a truncated log late, when it has grown again, does not continue in the old epoch',
  async (t) => {
    const { fixture, stream } = await startStream(t);
    const late = await fixture.open(t);
    await publishMany(fixture, 0, 10);
    const { sink } = await follow(late);
    await sink.until(() => sink.positions.length === 10);
    await loseTail(fixture, 5, [stream, late]);
    const log = await readAgain(stream);
    await publishMany(fixture, 0, 8);
    t.equal(await readAgain(late), log);
    t.match(sink.ended, { code: 'POSITION_GONE', lastPosition: 10 });
    t.equal(sink.positions.length, 10);
  },
);

t.test('a truncated log is not served until the store has taken its new epoch', async (t) => {
  const fixture = await startStreamFixture(t);
  fixture.grant({ id: 'g' });
  const bus = await connect(t, fixture.nats);
  const stream = await fixture.open(t, { bus });
  await publishMany(fixture, 0, 10);
  const { sink: first } = await follow(stream);
  await first.until(() => first.positions.length === 10);
  await loseTail(fixture, 5, [stream]);
  const { update } = bus.jsm.streams;
  const refused = deferred<void>();
  bus.jsm.streams.update = async () => {
    refused.resolve();
    throw new Error('the store is away');
  };
  const renewed = readAgain(stream);
  await first.until(() => first.ended !== undefined);
  await refused;
  const page = {
    system: 'reader',
    grant: 'g',
    cursor: 'default',
    from: 'earliest',
    limit: 10,
    narrow: undefined,
  } as const;
  const acknowledged = {
    system: 'reader',
    grant: 'g',
    cursor: 'default',
    position: 3,
    log: undefined,
    narrow: undefined,
  };
  const away = { code: 'STORE_UNAVAILABLE' };
  await t.rejects(follow(stream), away);
  await t.rejects(stream.pages.pull(page), away);
  await t.rejects(stream.acknowledgements.acknowledge(acknowledged), away);
  bus.jsm.streams.update = update.bind(bus.jsm.streams);
  const log = await renewed;
  const { sink, subscription } = await follow(stream);
  t.equal(sink.subscribed?.log, log);
  await sink.until(() => sink.positions.length === 5);
  subscription.ack(5);
  await sink.until(() => sink.acked === 5);
  await subscription.close();
  await t.resolves(follow(stream, { from: 'cursor' }));
  t.equal((await stream.pages.pull({ ...page, cursor: 'other' })).log, log);
});

t.test('a subscription that awaits its receipt during a truncation does not begin in the new epoch', async (t) => {
  const { fixture, stream } = await startStream(t);
  await publishMany(fixture, 0, 10);
  await eventually(() => stream.readers.at(0).head === 10, 'the log to be read', WAIT_MS);
  const { receipts } = stream;
  const open = receipts.open.bind(receipts);
  const [asked, held] = [deferred<void>(), deferred<void>()];
  receipts.open = async (opening) => {
    asked.resolve();
    await held;
    return open(opening);
  };
  const following = follow(stream, { from: { after: 9, log: stream.logOf(0) } });
  following.catch(() => undefined);
  await asked;
  await loseTail(fixture, 12, [stream]);
  await readAgain(stream);
  held.resolve();
  await t.rejects(following, { code: 'POSITION_GONE' });
});

t.test('the start of the granted history is looked up again in a new epoch', async (t) => {
  const { fixture, stream } = await startStream(t);
  const old = { acceptedAtMs: Date.now() - 60_000 };
  fixture.grant({ id: 'late', historyFromMs: Date.now() - 30_000 });
  for (let i = 0; i < 8; i++) await fixture.publish('create', person(i), old);
  await publishMany(fixture, 8, 2);
  const { sink: before } = await follow(stream, { grant: 'late' });
  await before.until(() => before.positions.length === 2);
  await loseTail(fixture, 2, [stream]);
  await readAgain(stream);
  const { sink } = await follow(stream, { grant: 'late' });
  await sink.until(() => sink.has('caught_up'));
  t.strictSame(sink.positions, [1, 2]);
});

t.test('a previous epoch id written back to the stream starts no new epoch of an intact log', async (t) => {
  const { fixture, stream } = await startStream(t);
  await publishMany(fixture, 0, 10);
  await eventually(() => stream.readers.at(0).head === 10, 'the log to be read', WAIT_MS);
  const first = stream.logOf(0);
  await loseTail(fixture, 5, [stream]);
  const second = await readAgain(stream);
  const { sink } = await follow(stream);
  await sink.until(() => sink.positions.length === 5);
  await setEpoch(fixture.bus, await fixture.bus.jsm.streams.info('EV_0'), first);
  stream.readers.at(0).recheck();
  await eventually(async () => (await lifeInStore(fixture.bus)) === second, 'the name to be mended', WAIT_MS);
  const next = await fixture.publish('create', person(6));
  await sink.until(() => sink.positions.includes(next));
  t.equal(sink.ended, undefined);
  t.equal(stream.logOf(0), second);
});

t.test('a position of a previous epoch is not acknowledged in the present one', async (t) => {
  const { fixture, stream } = await startStream(t);
  await publishMany(fixture, 0, 10);
  await eventually(() => stream.readers.at(0).head === 10, 'the log to be read', WAIT_MS);
  const pull = { system: 'reader', grant: 'g', cursor: 'pages', limit: 8, narrow: undefined } as const;
  const { through, log } = await stream.pages.pull({ ...pull, from: 'cursor' });
  const page = { ...pull, position: through };
  t.equal(await stream.acknowledgements.acknowledge({ ...page, position: 2, log: undefined }), 2);
  await loseTail(fixture, 9, [stream]);
  await readAgain(stream);
  await eventually(() => stream.readers.at(0).head === 9, 'the log to be read again', WAIT_MS);
  await t.rejects(
    stream.acknowledgements.acknowledge({ ...page, log: undefined }),
    { code: 'POSITION_GONE' },
    'the cursor tells',
  );
  await t.rejects(
    stream.acknowledgements.acknowledge({ ...page, cursor: 'new', log }),
    { code: 'POSITION_GONE' },
    'the reader tells',
  );
  const again = await stream.pages.pull({ ...pull, from: 'earliest' });
  t.equal(again.through, 8);
  t.equal(
    await stream.acknowledgements.acknowledge({ ...page, log: undefined }),
    8,
    'after it has been served in the new one',
  );
  t.strictSame((await stream.pages.pull({ ...pull, from: 'cursor' })).events.length, 1);
});

t.test('an event rejected in a previous epoch is not redriven as another event', async (t) => {
  const { fixture, stream } = await startStream(t);
  const position = await fixture.publish('create', person(1));
  const { sink, subscription } = await follow(stream);
  await sink.until(() => sink.positions.length === 1);
  await subscription.reject(position, 'no');
  await loseTail(fixture, 3, [stream]);
  await readAgain(stream);
  t.match(await stream.deadLetters.list('reader', 'g'), [{ position, reason: 'no', status: 'gone' }]);
  await t.rejects(stream.deadLetters.redrive('reader', 'g', position), { code: 'POSITION_GONE' });
});
