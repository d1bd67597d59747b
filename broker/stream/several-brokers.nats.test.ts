import { deferred } from '@nats-io/transport-node';
import t from 'tap';
import { RecordingSink } from '../../tests/support/broker/recording-sink.js';
import { startStreamFixture } from '../../tests/support/broker/stream-fixture.js';
import { follow, person, publishMany, startStream } from '../../tests/support/broker/stream-follow.js';
import { eventually } from '../../tests/support/condition.js';
import { connect } from '../../tests/support/nats/nats.js';
import { lastOf } from '../nats/read/leader-get.js';
import type { Stream } from './open-stream.js';

const WAIT_MS = 10_000;

t.test('a newer session on a grant and cursor supersedes the older one, also across brokers', async (t) => {
  const { fixture, stream } = await startStream(t);
  const other = await fixture.open(t);
  const first = await follow(stream);
  const second = await follow(stream, { session: 's2' });
  await first.sink.until(() => first.sink.ended !== undefined);
  t.equal(first.sink.ended?.code, 'SUPERSEDED');
  const third = await follow(other, { session: 's3' });
  await second.sink.until(() => second.sink.ended !== undefined);
  t.equal(second.sink.ended?.code, 'SUPERSEDED');
  const position = await fixture.publish('create', person(1));
  await third.sink.until(() => third.sink.events.length === 1);
  third.subscription.ack(position);
  await third.sink.until(() => third.sink.acked === position);
});

t.test('a broker that reads the log late does not send again what another broker has delivered', async (t) => {
  const { fixture, stream } = await startStream(t);
  const reader = stream.readers.at(0);
  await reader.stop();
  const positions = (await publishMany(fixture, 0, 10)).sort((a, b) => a - b);
  const { sink } = await follow(stream, { from: { after: positions[6] as number } });
  const acknowledged = { system: 'reader', grant: 'g', cursor: 'pages', log: undefined, narrow: undefined };
  t.equal(
    await stream.acknowledgements.acknowledge({ ...acknowledged, position: positions[8] as number }),
    positions[8],
  );
  await t.rejects(stream.acknowledgements.acknowledge({ ...acknowledged, position: 1000 }), {
    code: 'ACK_BEYOND_SENT',
  });
  await reader.start();
  positions.push(await fixture.publish('create', person(10)));
  await sink.until(() => sink.positions.includes(positions[10] as number));
  t.strictSame(sink.positions, positions.slice(7));
});

/** Holds back receipts from being stored until the function that it returns is called. */
function holdReceipts({ receipts: { chain } }: Stream, acts: string[]): () => void {
  const append = chain.append.bind(chain);
  const held = deferred<void>();
  chain.append = async (party, grant, act) => {
    if (acts.includes(act.act)) await held;
    return append(party, grant, act);
  };
  return () => held.resolve();
}

t.test('when two sessions await their receipts with one cursor, only the newer one is served', async (t) => {
  const { fixture, stream } = await startStream(t);
  const release = holdReceipts(stream, ['open']);
  const held = () => lastOf(fixture.bus, 'CURSORS', 'cursor.g.default');
  const first = follow(stream, { session: 'first' });
  first.catch(() => undefined);
  await eventually(async () => (await held()) !== undefined, 'the first claim', WAIT_MS);
  const claimed = (await held())?.position;
  const second = follow(stream, { session: 'second' });
  await eventually(async () => (await held())?.position !== claimed, 'the second claim', WAIT_MS);
  release();
  await t.rejects(first, { code: 'SUPERSEDED' });
  const [position] = await publishMany(fixture, 0, 1);
  const { sink, subscription } = await second;
  await sink.until(() => sink.positions.length === 1);
  subscription.ack(position as number);
  await sink.until(() => sink.acked === position);
});

t.test('a subscriber that comes back starts where another broker left its cursor, unannounced', async (t) => {
  const { fixture, stream } = await startStream(t);
  const positions = (await publishMany(fixture, 0, 4)).sort((a, b) => a - b);
  const { sink, subscription } = await follow(stream);
  await sink.until(() => sink.positions.length === 4);
  subscription.ack(positions[0] as number);
  await sink.until(() => sink.acked === positions[0]);
  await subscription.close();
  const stored = await lastOf(fixture.bus, 'CURSORS', 'cursor.g.default');
  const record = JSON.parse(Buffer.from(stored?.data ?? []).toString());
  const data = Buffer.from(JSON.stringify({ ...record, claim: 'of another broker', position: positions[2] }));
  await fixture.bus.publisher.publish({ subject: 'cursor.g.default', data });
  const again = await follow(stream, { session: 'again', from: 'cursor' });
  await again.sink.until(() => again.sink.positions.length > 0);
  t.strictSame(again.sink.positions, [positions[3]]);
});

t.test('a session that closed before its claim takes the cursor from nobody', async (t) => {
  const { fixture, stream } = await startStream(t);
  const other = await fixture.open(t);
  const sink = new RecordingSink();
  const rest = {
    encoding: 'sluice.v1.json',
    onEnded: () => undefined,
    isRetired: () => false,
    ref: 'r',
    narrow: undefined,
  } as const;
  const asked = { system: 'reader', grant: 'g', cursor: 'default', from: 'cursor', credit: 10, ...rest } as const;
  const late = stream.subscriptions.subscribe({ ...asked, session: 'late', sink });
  late.catch(() => undefined);
  sink.isClosed = true;
  const { sink: served } = await follow(other);
  await t.rejects(late, { code: 'SUPERSEDED' });
  const position = await fixture.publish('create', person(1));
  await served.until(() => served.positions.includes(position));
  t.equal(served.ended, undefined);
});

t.test('a stale read of a cursor neither ends its holder nor moves it back', async (t) => {
  const fixture = await startStreamFixture(t);
  fixture.grant({ id: 'g' });
  const bus = await connect(t, fixture.nats);
  const stream = await fixture.open(t, { bus });
  const call = '$JS.API.STREAM.MSG.GET.CURSORS';
  await follow(stream, { session: 'earlier' });
  const old = await bus.nc.request(call, JSON.stringify({ last_by_subj: 'cursor.g.default' }));
  const { sink, subscription } = await follow(stream, { session: 'newer' });
  const ask = bus.leader.ask.bind(bus.leader);
  const asked = new Promise<void>((resolve) => {
    bus.leader.ask = async (subject, body) => {
      if (subject !== call) return ask(subject, body);
      resolve();
      return old;
    };
  });
  // A server that was frozen comes back and answers as the leader that it was.
  bus.nc.publish('sluice.claimed.g.default', JSON.stringify({ subject: 'cursor.g.default', claim: 'earlier' }));
  await asked;
  bus.leader.ask = ask;
  const position = await fixture.publish('create', person(1));
  await sink.until(() => sink.positions.includes(position));
  subscription.ack(position);
  await sink.until(() => sink.acked === position);
  t.equal(sink.ended, undefined);
});

t.test('a reader on a replicated store reaches the end of a log whose rest has expired', async (t) => {
  const fixture = await startStreamFixture(t);
  fixture.grant({ id: 'g' });
  const after = await fixture.publish('create', person(1));
  for (let i = 0; i < 3; i++)
    await fixture.bus.publisher.publish({ subject: 'ev.0.civil.other.x', data: Buffer.from('x'), ttlSeconds: 1 });
  await eventually(
    async () => (await lastOf(fixture.bus, 'EV_0', '*.>'))?.position === after,
    'the others to end',
    10_000,
  );
  const { sink } = await follow(await fixture.open(t, { replicas: 3 }), { from: { after } });
  await sink.until(() => sink.has('caught_up'));
  const next = await fixture.publish('create', person(2));
  await sink.until(() => sink.positions.includes(next));
});

t.test('a page is answered only when the ceiling of its receipt covers it', async (t) => {
  const fixture = await startStreamFixture(t);
  fixture.grant({ id: 'g' });
  const { jsm } = fixture.bus;
  const { config } = await jsm.streams.info('EV_0');
  await jsm.streams.delete('EV_0');
  // Further than one receipt allows at once.
  await jsm.streams.add({ ...config, first_seq: 3_000_000 });
  const stream = await fixture.open(t);
  const position = await fixture.publish('create', person(1));
  await eventually(() => stream.readers.at(0).head === position, 'the event to be read', WAIT_MS);
  const release = holdReceipts(stream, ['extend']);
  let isOut = false;
  const page = stream.pages
    .pull({ system: 'reader', grant: 'g', cursor: 'x', from: 'earliest', limit: 10, narrow: undefined })
    .finally(() => {
      isOut = true;
    });
  const opened = async () => (await lastOf(fixture.bus, 'RECEIPTS', '>')) !== undefined;
  await eventually(opened, 'the receipt to be opened', WAIT_MS);
  t.notOk(isOut);
  release();
  t.equal((await page).events[0]?.position, position);
});
