import t from 'tap';
import { sharedTurn } from '../../proto/async/shared-turns.js';
import type { PublishResult } from '../../proto/frames/frames.js';
import {
  BIRTHS,
  birth,
  positioned,
  publish,
  REGISTRY,
  readAll,
  readLog,
  startIntake,
} from '../../tests/support/broker/intake.js';
import { connect, startNats } from '../../tests/support/nats/nats.js';
import { eventStream, QUARANTINE_STREAM } from '../nats/streams.js';
import { QuarantineReader } from './quarantine/quarantine-reader.js';

const codes = (results: PublishResult[]) => results.map((result) => result.problem?.code ?? 'stored');
const positions = (results: PublishResult[]) => results.map((result) => result.position);
const numbered = (count: number, prefix = 'e') => Array.from({ length: count }, (_none, i) => birth(`${prefix}-${i}`));

t.test(
  'events are in the log in the order of their arrival, whether they were committed as singles or as batches',
  async (t) => {
    const bus = await connect(t, await startNats(t));
    const intake = await startIntake(t, bus);
    const bursts = [1, 3, 500, 1, 1, 2200, 20, 21, 7].map((count, i) => numbered(count, `burst${i}`));
    const answers: Promise<PublishResult[]>[] = [];
    for (const [i, burst] of bursts.entries()) {
      answers.push(intake.publish(REGISTRY, burst));
      // Every other burst finds the commit of the one before still in flight.
      if (i % 2 === 0) await answers.at(-1);
    }
    const results = (await Promise.all(answers)).flat();
    t.notOk(results.find((result) => result.problem));
    const log = await readLog(bus);
    const sent = bursts.flat().map((event) => event.id);
    t.same(
      log.map(({ event }) => event.sourceId),
      sent,
    );
    t.same(
      positions(results),
      log.map(({ position }) => position),
    );
  },
);

t.test('events that come turn by turn on a busy event loop share a commit', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  // A pause of the machine ends the wait for further turns, so not every round has to show it.
  for (let round = 0; round < 5; round++) {
    const answers: Promise<PublishResult[]>[] = [];
    for (let piece = 0; piece < 4; piece++) {
      answers.push(intake.publish(REGISTRY, numbered(50, `round${round}-${piece}`)));
      await sharedTurn();
    }
    t.notOk((await Promise.all(answers)).flat().find((result) => result.problem));
  }
  const stored = await readAll(bus, eventStream(0), 'ev.0.>');
  const commitOf = (index: number) => stored[index]?.headers?.get('Nats-Batch-Id');
  const shared = [0, 200, 400, 600, 800].filter((first) => commitOf(first) === commitOf(first + 50));
  t.equal(stored.length, 1_000);
  t.ok(shared.length > 0, 'the first piece of a round is committed with the next one');
});

t.test('a duplicate is answered with the position of the first event', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  const [first] = await publish(intake, [birth('a')]);
  t.same(await publish(intake, [birth('a')]), [{ id: 'a', position: first!.position, duplicate: true }]);

  const twice = await publish(intake, [birth('b'), birth('c'), birth('b')]);
  t.same(twice[2], { id: 'b', position: twice[0]!.position, duplicate: true }, 'within one commit');

  const many = numbered(300);
  const stored = await publish(intake, many);
  const again = await publish(intake, [...many.slice(0, 100), birth('new'), ...many.slice(100)]);
  t.same(
    again.filter((result) => result.duplicate).map((result) => result.position),
    positions(stored),
  );
  t.notOk(again[100]!.duplicate);
  t.equal((await readLog(bus)).length, 304);
});

t.test('a positioned event that is sent again is answered with its own position', async (t) => {
  const intake = await startIntake(t, await connect(t, await startNats(t)));
  const events = Array.from({ length: 300 }, (_none, i) => positioned(`${i}.1`));
  const stored = positions(await publish(intake, events));
  t.same(positions(await publish(intake, events)), stored);
});

t.test('a broker that has just started finds duplicates that only the log knows', async (t) => {
  const bus = await connect(t, await startNats(t));
  const events = numbered(200);
  const stored = await publish(await startIntake(t, bus), events.slice(0, 150));
  const results = await publish(await startIntake(t, bus), events);
  t.same(positions(results.slice(0, 150)), positions(stored));
  t.ok(results.slice(0, 150).every((result) => result.duplicate));
  t.notOk(results.slice(150).some((result) => result.duplicate || result.problem));
  t.equal((await readLog(bus)).length, 200);
});

t.test(
  'a duplicate that the broker has forgotten divides a commit of positioned events, and no event goes alone',
  async (t) => {
    const bus = await connect(t, await startNats(t));
    const events = Array.from({ length: 1_000 }, (_none, i) =>
      i === 700 ? birth('forgotten') : positioned(String(i + 1)),
    );
    const [known] = await publish(await startIntake(t, bus), [birth('forgotten')]);
    const results = await publish(await startIntake(t, bus), events);
    t.same(
      results.filter(({ duplicate }) => duplicate),
      [{ id: 'forgotten', position: known!.position, duplicate: true }],
    );
    const stored = await readAll(bus, eventStream(0), 'ev.0.>');
    t.same(
      positions(results.toSpliced(700, 1)),
      stored.slice(1).map(({ position }) => position),
      'in their order',
    );
    const commits = new Set(stored.map(({ headers, position }) => headers?.get('Nats-Batch-Id') || position));
    t.ok(commits.size < 30, `${commits.size} commits`);
  },
);

t.test('two systems may use the same event id', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  const [mine] = await publish(intake, [birth('a')]);
  const [theirs] = await publish(intake, [birth('a')], { ...REGISTRY, id: 'hospital' });
  t.notOk(theirs!.duplicate);
  t.not(theirs!.position, mine!.position);
});

t.test('an atomic batch is stored all or none', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  const events = numbered(50);
  const stored = await intake.publishAtomic(REGISTRY, events);
  t.same(
    positions(stored),
    Array.from({ length: 50 }, (_none, i) => i + 1),
  );

  const wrong = await intake.publishAtomic(REGISTRY, [birth('x'), birth('y', { op: 'upsert' }), birth('z')]);
  t.same(codes(wrong), ['BATCH_REFUSED', 'EVENT_INVALID', 'BATCH_REFUSED']);
  const mixed = await intake.publishAtomic(REGISTRY, [
    birth('x'),
    birth('y', { type: 'civil.place', subject: '1', data: { number: 1 } }),
  ]);
  t.same(codes(mixed), ['BATCH_REFUSED', 'BATCH_REFUSED'], 'of two entries');
  t.throws(() => intake.publishAtomic(REGISTRY, numbered(1001, 'many')), { code: 'TOO_LARGE' });
  t.throws(() => intake.publishAtomic(REGISTRY, [birth('x'), 7]), { code: 'BATCH_REFUSED', where: { line: 2 } });
  t.equal((await readLog(bus)).length, 50);

  const again = await intake.publishAtomic(REGISTRY, events);
  t.same(
    again.map((result) => [result.position, result.duplicate]),
    positions(stored).map((position) => [position, true]),
  );
});

t.test('an atomic batch is sent to the store in the turn in which it comes', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  const batch = t.capture(bus.publisher, 'publishBatch', bus.publisher.publishBatch);
  const answer = intake.publishAtomic(REGISTRY, numbered(3));
  t.equal(batch().length, 1, 'nothing that comes later could join it');
  t.same(codes(await answer), ['stored', 'stored', 'stored']);
});

t.test('the rest of an atomic batch that is partly stored is stored as one, also after a restart', async (t) => {
  const bus = await connect(t, await startNats(t));
  const stored = await publish(await startIntake(t, bus), numbered(10));
  await publish(await startIntake(t, bus), numbered(30, 'others'));
  const results = await (await startIntake(t, bus)).publishAtomic(REGISTRY, [
    birth('new-0'),
    ...numbered(10),
    birth('new-1'),
  ]);
  t.same(positions(results.slice(1, 11)), positions(stored));
  t.ok(results.slice(1, 11).every((result) => result.duplicate));
  t.same([results[0]!.position, results[11]!.position], [41, 42]);
});

t.test('a rejected event goes to the quarantine of its source, which alone can read it', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  const wrong = birth('bad', { data: { idNumber: 'key-bad', hobby: 'chess' } });
  const results = await publish(intake, [birth('good'), wrong, wrong, birth('gone', { type: 'civil.nothing' })]);
  t.same(codes(results), ['stored', 'UNKNOWN_ITEM', 'UNKNOWN_ITEM', 'UNKNOWN_ENTRY']);
  await intake.drain();
  const reader = new QuarantineReader(bus);
  const { events: kept, more } = await reader.list(BIRTHS, 'registry', 0, 10);
  t.notOk(more);
  t.equal(kept.length, 1, 'once, however often it is sent');
  t.match(kept[0], {
    event: { id: 'bad', data: { hobby: 'chess' } },
    problem: { code: 'UNKNOWN_ITEM', item: 'hobby' },
  });
  t.same((await reader.list(BIRTHS, 'registry', kept[0]!.sequence, 10)).events, []);
  t.same((await reader.list(BIRTHS, 'hospital', 0, 10)).events, []);
  const [message] = await readAll(bus, QUARANTINE_STREAM, 'quarantine.>');
  t.notOk(message!.headers?.get('Nats-Batch-Id'), 'one alone costs the store no batch');
});

t.test('an event that is too large for the quarantine is kept without its data', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  const huge = positioned('1', { id: 'huge', data: { idNumber: 'k', name: 'x'.repeat(900 * 1024) }, subject: 'k' });
  t.same(codes(await publish(intake, [huge, positioned('2')])), ['TOO_LARGE', 'stored']);
  const [kept] = await readAll(bus, QUARANTINE_STREAM, 'quarantine.>');
  t.match(JSON.parse(Buffer.from(kept!.data).toString()), { cut: true, event: { id: 'huge', sourceposition: '1' } });
});

t.test('events beyond the bound of the queue are refused, and backpressure begins before', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus, { backpressureEvents: 50, queueEventsMax: 100 });
  t.equal(intake.backpressure(), undefined);
  const answers = intake.publish(REGISTRY, numbered(150));
  const drained = intake.backpressure();
  t.ok(drained);
  const results = await answers;
  t.equal(results.filter((result) => result.position !== undefined).length, 100);
  t.same(codes(results).slice(100), Array(50).fill('TOO_MANY'));
  await drained;
  t.equal(intake.backpressure(), undefined);
});

t.test('a drained intake has answered every event and takes no more', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  const answers = intake.publish(REGISTRY, numbered(1500));
  await intake.drain();
  t.same(new Set(codes(await answers)), new Set(['stored']));
  t.same(codes(await publish(intake, [birth('late')])), ['SHUTTING_DOWN']);
  t.same(codes(await intake.publishAtomic(REGISTRY, [birth('late')])), ['SHUTTING_DOWN']);
});

t.test('the events of a snapshot are stored like others', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  const edge = (op: string) => birth(op, { op, snapshotid: 's', subject: undefined, data: undefined });
  const record = birth('r', { op: 'snapshot', snapshotid: 's' });
  t.same(codes(await publish(intake, [edge('snapshot_begin'), record, edge('snapshot_end')])), [
    'stored',
    'stored',
    'stored',
  ]);
  t.same(
    (await readLog(bus)).map(({ event }) => event.op),
    ['snapshot_begin', 'snapshot', 'snapshot_end'],
  );
});
