import t from 'tap';
import { startStreamFixture } from '../../tests/support/broker/stream-fixture.js';
import { follow, person, publishMany, startStream } from '../../tests/support/broker/stream-follow.js';
import { eventually } from '../../tests/support/condition.js';
import { streamEnds } from '../nats/read/log-reader.js';

for (const where of ['memory', 'the store']) {
  t.test(
    `subscriptions that start anywhere in ${where} get every event once and in order while more are published`,
    async (t) => {
      const fixture = await startStreamFixture(t);
      fixture.grant({ id: 'g' });
      const early = where === 'memory' ? await fixture.open(t) : undefined;
      const positions = await publishMany(fixture, 0, 1500);
      // An stream that starts now has nothing of them in memory.
      const stream = early ?? (await fixture.open(t));
      const publishing = (async () => {
        for (let round = 2; round <= 20; round++) positions.push(...(await publishMany(fixture, round * 1000, 40)));
      })();
      const followers = [];
      for (let i = 0; i < 25; i++) {
        const after = (i * 53) % 1500;
        followers.push({ after, ...(await follow(stream, { cursor: `c${i}`, session: `s${i}`, from: { after } })) });
      }
      await publishing;
      const all = positions.sort((a, b) => a - b);
      for (const { after, sink } of followers) {
        const expected = all.filter((position) => position > after);
        await sink.until(() => sink.positions.length >= expected.length);
        t.strictSame(sink.positions, expected);
      }
    },
  );
}

t.test('delivered events hold granted items only, and no id or time that the source chose', async (t) => {
  const { fixture, stream } = await startStream(t);
  const { sink } = await follow(stream);
  const position = await fixture.publish('create', person(1));
  await sink.until(() => sink.events.length === 1);
  const [event] = sink.events;
  t.strictSame(event?.data, { id: 'p1', name: 'Name 1' });
  t.equal(event?.id, `civil.person@${position}`);
  t.notMatch(JSON.stringify(sink.frames), /hidden|not-delivered/);
});

t.test(
  'a record that enters and leaves the granted rows is delivered as such, and not at all while outside',
  async (t) => {
    const { fixture, stream } = await startStream(t);
    fixture.grant({ id: 'rows', rows: { district: { is: 'B' } } });
    const { sink } = await follow(stream, { grant: 'rows' });
    await fixture.publish('create', person(1, 'A'));
    await fixture.publish('update', person(1, 'B'), { old: { district: 'A' } });
    await fixture.publish('update', { ...person(1, 'B'), name: 'New' }, { old: { district: 'B' } });
    await fixture.publish('update', person(1, 'C'), { old: { district: 'B' } });
    await fixture.publish('delete', undefined, { subject: 'p1', old: { district: 'C' } });
    await fixture.publish('create', person(2, 'B'));
    await fixture.publish('delete', undefined, { subject: 'p2', old: { district: 'B' } });
    await sink.until(() => sink.events.length >= 5);
    t.strictSame(
      sink.events.map(({ op, subject, data }) => [op, subject, data?.name]),
      [
        ['enter', 'p1', 'Name 1'],
        ['update', 'p1', 'New'],
        ['leave', 'p1', undefined],
        ['create', 'p2', 'Name 2'],
        ['delete', 'p2', undefined],
      ],
    );
  },
);

t.test(
  'no more events are sent than the credit allows, and each acknowledgement releases exactly as many',
  async (t) => {
    const { fixture, stream } = await startStream(t);
    await publishMany(fixture, 0, 50);
    const { sink, subscription } = await follow(stream, { credit: 7 });
    const other = await follow(stream, { cursor: 'other', session: 'other' });
    await other.sink.until(() => other.sink.events.length === 50);
    t.equal(sink.events.length, 7);
    subscription.ack(sink.positions[2] as number);
    await sink.until(() => sink.events.length >= 10);
    await publishMany(fixture, 100, 30);
    await other.sink.until(() => other.sink.events.length === 80);
    t.equal(sink.events.length, 10, 'credit is used up, others are not held back');
    while (sink.events.length < 80) {
      const before = sink.events.length;
      subscription.ack(sink.positions.at(-1) as number);
      await sink.until(() => sink.events.length >= Math.min(80, before + 7));
      t.ok(sink.events.length <= before + 7);
    }
    t.strictSame(sink.positions, other.sink.positions);
  },
);

t.test('a slow consumer leaves its channel for the log and resumes where it stopped', async (t) => {
  const { fixture, stream } = await startStream(t);
  const { sink } = await follow(stream);
  const other = await follow(stream, { cursor: 'other', session: 'other' });
  await sink.until(() => sink.has('caught_up'));
  sink.buffered = 2 * 1024 * 1024;
  await publishMany(fixture, 0, 20);
  await other.sink.until(() => other.sink.events.length === 20);
  t.equal(sink.events.length, 0);
  sink.drain();
  await sink.until(() => sink.events.length === 20);
  t.strictSame(sink.positions, other.sink.positions);
});

t.test('events that were acknowledged are not sent again, the others are', async (t) => {
  const { fixture, stream } = await startStream(t);
  const positions = await publishMany(fixture, 0, 10);
  const first = await follow(stream, { from: 'cursor' });
  await first.sink.until(() => first.sink.events.length === 10);
  first.subscription.ack(positions[5] as number);
  await first.sink.until((sink) => sink.acked === positions[5]);
  await first.subscription.close();
  const again = await follow(stream, { from: 'cursor' });
  await again.sink.until(() => again.sink.has('caught_up'));
  t.strictSame(again.sink.positions, positions.slice(6));
});

t.test('an acknowledgement beyond the last sent position is refused, a lower one is ignored', async (t) => {
  const { fixture, stream } = await startStream(t);
  const position = await fixture.publish('create', person(1));
  const { sink, subscription } = await follow(stream);
  await sink.until(() => sink.events.length === 1);
  t.throws(() => subscription.ack(position + 1000), { code: 'ACK_BEYOND_SENT' });
  subscription.ack(position);
  await sink.until(() => sink.acked === position);
  subscription.ack(position - 1);
  const stored = await stream.cursors.load('g', 'default', '');
  t.equal(stored?.record.position, position);
});

t.test('suspending a grant ends its subscriptions on every session at once and no others', async (t) => {
  const { fixture, stream } = await startStream(t);
  fixture.grant({ id: 'other' });
  const one = await follow(stream);
  const two = await follow(stream, { cursor: 'two', session: 'two' });
  const other = await follow(stream, { grant: 'other' });
  const position = await fixture.publish('create', person(1));
  await other.sink.until(() => other.sink.events.length === 1);
  fixture.grant({ id: 'g', status: 'suspended' });
  for (const { sink } of [one, two]) {
    t.match(sink.ended, { code: 'REVOKED', lastPosition: position });
    t.equal(sink.frames.at(-1)?.kind, 'ended');
  }
  await fixture.publish('create', person(2));
  await other.sink.until(() => other.sink.events.length === 2);
  t.equal(one.sink.events.length, 1);
  await t.rejects(follow(stream), { code: 'GRANT_NOT_IN_FORCE' });
});

t.test('a subscription ends by itself when the period of its grant is over', async (t) => {
  const { fixture, stream } = await startStream(t);
  const { toMs } = fixture.grant({ id: 'short' });
  const { sink } = await follow(stream, { grant: 'short' });
  fixture.clock = () => toMs;
  await sink.until(() => sink.ended !== undefined);
  t.equal(sink.ended?.code, 'EXPIRED');
});

t.test('nothing is delivered while the ledger is stale', async (t) => {
  const { fixture, stream } = await startStream(t);
  const { sink } = await follow(stream);
  await sink.until(() => sink.has('caught_up'));
  fixture.ledgerIsFresh = false;
  await fixture.publish('create', person(1));
  await sink.until(() => sink.ended !== undefined);
  t.equal(sink.ended?.code, 'LEDGER_OUT_OF_SIGHT');
  t.equal(sink.events.length, 0);
});

t.test('positions that the log does not have, or of another epoch, are refused as POSITION_GONE', async (t) => {
  const { fixture, stream } = await startStream(t);
  const position = await fixture.publish('create', person(1));
  await t.rejects(follow(stream, { from: { after: position + 5 } }), { code: 'POSITION_GONE' });
  await t.rejects(follow(stream, { from: { after: 0, log: 'another' } }), { code: 'POSITION_GONE' });
  const { sink } = await follow(stream, { from: { after: 0 } });
  await t.resolves(follow(stream, { cursor: 'x', from: { after: position, log: sink.subscribed?.log } }));
});

t.test('expired events of other entries do not make a resuming subscriber lose its position', async (t) => {
  const { fixture, stream } = await startStream(t);
  const { publisher } = fixture.bus;
  for (let i = 0; i < 3; i++) {
    await publisher.publish({ subject: 'ev.0.civil.other.registry', data: Buffer.from('x'), ttlSeconds: 1 });
  }
  await eventually(async () => (await streamEnds(fixture.bus, 'EV_0')).first > 3, 'the others to end', 10_000);
  const position = await fixture.publish('create', person(1));
  const { sink } = await follow(stream, { from: { after: 1 } });
  await sink.until(() => sink.has('caught_up'));
  t.strictSame(sink.positions, [position]);
});

t.test('a subscription reads back to the start of the granted history and no further', async (t) => {
  const { fixture, stream } = await startStream(t);
  const before = await fixture.publish('create', person(1), { acceptedAtMs: Date.now() - 60_000 });
  const after = await fixture.publish('create', person(2));
  fixture.grant({ id: 'late', historyFromMs: Date.now() - 30_000 });
  await t.rejects(follow(stream, { grant: 'late', from: { after: before - 1 } }), { code: 'BEFORE_HISTORY' });
  const { sink } = await follow(stream, { grant: 'late', from: 'cursor' });
  await sink.until(() => sink.has('caught_up'));
  t.strictSame(sink.positions, [after]);
});

t.test('an event accepted before the granted history is not delivered even when stored after its start', async (t) => {
  const { fixture, stream } = await startStream(t);
  const old = { acceptedAtMs: Date.now() - 60_000 };
  const history = { items: [{ name: 'id' }], historyFromMs: Date.now() - 30_000 };
  fixture.grant({ id: 'late', ...history });
  fixture.grant({ id: 'all', ...history, historyFromMs: 0 });
  const expected = [await fixture.publish('create', person(1))];
  const stragglers = [await fixture.publish('create', person(2), old)];
  expected.push(await fixture.publish('create', person(3)));
  const { sink } = await follow(stream, { grant: 'late', from: 'earliest' });
  const { sink: everything } = await follow(stream, { grant: 'all', session: 'other', from: 'earliest' });
  await sink.until(() => sink.has('caught_up'));
  await everything.until(() => everything.has('caught_up'));
  t.strictSame(sink.positions, expected, 'from the log');

  const caughtUp = sink.frames.filter(({ kind }) => kind === 'caught_up').length;
  stragglers.push(await fixture.publish('create', person(4), old));
  await everything.until(() => everything.positions.includes(stragglers[1] as number));
  expected.push(await fixture.publish('create', person(5)));
  await sink.until(() => sink.positions.length === expected.length);
  await everything.until(() => everything.positions.length === expected.length + stragglers.length);
  t.strictSame(sink.positions, expected, 'live');
  t.equal(
    sink.frames.filter(({ kind }) => kind === 'caught_up').length,
    caughtUp,
    'and is skipped without falling behind',
  );

  const [straggler, fresh] = [fixture.publish('create', person(6), old), fixture.publish('create', person(7))];
  stragglers.push(await straggler);
  expected.push(await fresh);
  await sink.until(() => sink.positions.length === expected.length);
  t.strictSame(sink.positions, expected, 'also in one batch with what it may have');
  const isThere = everything.positions.includes(stragglers[1] as number);
  t.ok(isThere, 'while who follows the same view with an older history gets it');

  const request = { system: 'reader', cursor: 'pulled', from: 'earliest', limit: 100, narrow: undefined } as const;
  const page = await stream.pages.pull({ ...request, grant: 'late' });
  t.strictSame(
    page.events.map(({ position }) => position),
    expected,
    'in pages',
  );
});

t.test('a narrowing filters within the grant, and its cursor is bound to it', async (t) => {
  const { fixture, stream } = await startStream(t);
  fixture.grant({ id: 'wide', items: [{ name: 'id' }, { name: 'district' }] });
  const { sink } = await follow(stream, { grant: 'wide', narrow: { district: { in: ['B'] } } });
  await fixture.publish('create', person(1, 'A'));
  await fixture.publish('create', person(2, 'B'));
  await sink.until(() => sink.events.length === 1);
  t.equal(sink.events[0]?.subject, 'p2');
  await t.rejects(follow(stream, { grant: 'wide' }), { code: 'CURSOR_BOUND' });
  const hidden = follow(stream, { narrow: { district: { is: 'B' } }, cursor: 'y' });
  await t.rejects(
    hidden,
    { code: 'UNKNOWN_PREDICATE' },
    'a filter on an item that is not granted would tell its value',
  );
});

t.test(
  'equal grants share a channel, and a second subscription of one session gets a channel of its own',
  async (t) => {
    const { fixture, stream } = await startStream(t);
    fixture.grant({ id: 'same', items: [{ name: 'name' }, { name: 'id' }] });
    const one = await follow(stream, { session: 'one' });
    const two = await follow(stream, { session: 'two', grant: 'same' });
    const second = await follow(stream, { session: 'one', grant: 'same', cursor: 'second' });
    t.equal(one.subscription.channel, two.subscription.channel);
    t.not(second.subscription.channel, one.subscription.channel);
    await fixture.publish('create', person(1));
    for (const { sink } of [one, two, second]) {
      await sink.until(() => sink.events.length === 1);
      t.equal(sink.events.length, 1);
    }
  },
);

t.test('delivery continues in order after nats-server was killed', async (t) => {
  const { fixture, stream } = await startStream(t);
  const { sink } = await follow(stream);
  const positions = await publishMany(fixture, 0, 30);
  process.kill(fixture.nats.pid, 'SIGKILL');
  while (positions.length < 60) {
    const position = await fixture.publish('create', person(positions.length)).catch(() => undefined);
    if (position === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
    else positions.push(position);
  }
  // A publish that was cut off may have been stored all the same: then there is more than was acknowledged.
  await sink.until(() => positions.every((position) => sink.positions.includes(position)));
  t.strictSame(
    sink.positions,
    [...new Set(sink.positions)].sort((a, b) => a - b),
  );
});

t.test('an event that cannot be decoded ends the subscriptions of its entry and is not skipped', async (t) => {
  const { fixture, stream } = await startStream(t);
  const { sink, subscription } = await follow(stream);
  const first = await fixture.publish('create', person(1));
  await sink.until(() => sink.events.length === 1);
  subscription.ack(first);
  await sink.until(() => sink.acked === first);
  await fixture.bus.publisher.publish({ subject: 'ev.0.civil.person.registry', data: Buffer.from('no envelope') });
  await fixture.publish('create', person(2));
  await sink.until(() => sink.ended !== undefined);
  t.match(sink.ended, { code: 'INTERNAL', lastPosition: first });
  const again = await follow(stream, { from: 'cursor' });
  await again.sink.until(() => again.sink.ended !== undefined);
  t.match(again.sink.ended, { code: 'INTERNAL', lastPosition: first });
  t.equal(again.sink.events.length, 0);
});

t.test('a subscriber can reject only events of its grant, acknowledged or not', async (t) => {
  const { fixture, stream } = await startStream(t);
  fixture.grant({ id: 'rows', rows: { district: { is: 'B' } } });
  const { sink, subscription } = await follow(stream, { grant: 'rows' });
  const outside = await fixture.publish('create', person(1, 'A'));
  const [one, two] = [await fixture.publish('create', person(2, 'B')), await fixture.publish('create', person(3, 'B'))];
  await sink.until(() => sink.events.length === 2);
  await t.rejects(subscription.reject(outside, 'not mine'), { code: 'NOT_FOUND' });
  await subscription.reject(one, 'unreadable');
  subscription.ack(two);
  await subscription.reject(two, 'found out later');
  const letters = await stream.deadLetters.list('reader', 'rows');
  t.strictSame(letters.map(({ position, reason }) => [position, reason]).sort(), [
    [one, 'unreadable'],
    [two, 'found out later'],
  ]);
});

t.test('a subscription never gets the channel number of an ended one of its session', async (t) => {
  const { fixture, stream } = await startStream(t);
  const other = await follow(stream, { session: 'other', cursor: 'other' });
  const { subscription: ended } = await follow(stream);
  t.equal(ended.channel, other.subscription.channel, 'views share their channel');
  await ended.close();
  const { sink, subscription } = await follow(stream, { isRetired: (channel) => channel === ended.channel });
  t.not(subscription.channel, ended.channel);
  await fixture.publish('create', person(1));
  await sink.until(() => sink.events.length === 1);
});

t.test('a view that nobody follows any more is not kept, though its entry has no events', async (t) => {
  const { fixture, stream } = await startStream(t);
  for (let session = 0; session < 3; session++) {
    const { sink, subscription } = await follow(stream);
    await sink.until(() => sink.has('caught_up'));
    await subscription.close();
  }
  const event = { op: 'snapshot_begin', entryVersion: 1, acceptedAtMs: 0, keyId: 0 } as const;
  let matched = 0;
  const probe = { entry: 'civil.person', position: 1, event };
  const countMatched = (): void => stream.projectLive(probe, () => matched++);
  countMatched();
  t.equal(matched, 0);
  const { sink } = await follow(stream, { cursor: 'other' });
  await sink.until(() => sink.has('caught_up'));
  countMatched();
  t.equal(matched, 1);
  await fixture.publish('create', person(1));
  await sink.until(() => sink.events.length === 1);
});
