import t from 'tap';
import type { PublishResult } from '../../../proto/frames/frames.js';
import {
  birth,
  positioned,
  publish,
  REGISTRY,
  readAll,
  readLog,
  startIntake,
} from '../../../tests/support/broker/intake.js';
import { connect, startNats } from '../../../tests/support/nats/nats.js';
import { stopProcess } from '../../../tests/support/nats/stopped-process.js';
import { CURSORS_STREAM, QUARANTINE_STREAM } from '../../nats/streams.js';
import type { Intake } from '../intake.js';

const codes = (results: PublishResult[]) =>
  results.map((result) => result.problem?.code ?? (result.duplicate ? 'duplicate' : 'stored'));
/** A new id for the same source position: only the position shows that it is a duplicate. */
const renamed = (position: string, over: Record<string, unknown> = {}) =>
  positioned(position, { id: `again-${position}-${Math.random()}`, ...over });
const wrong = (position: string) => positioned(position, { op: 'upsert' });
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_none, i) => String(from + i));
const sourcePositions = (log: Awaited<ReturnType<typeof readLog>>) => log.map(({ event }) => event.sourcePosition);

t.test(
  'an event at or below the watermark is a duplicate for ever, also for a broker that has just started',
  async (t) => {
    const bus = await connect(t, await startNats(t));
    const first = await startIntake(t, bus);
    const stored = await publish(
      first,
      ['1.9', '1.10', '2'].map((position) => positioned(position)),
    );
    t.same(
      codes(
        await publish(
          first,
          ['1.10', '2', '1'].map((position) => renamed(position)),
        ),
      ),
      Array(3).fill('duplicate'),
    );

    const second = await startIntake(t, bus);
    const again = await publish(second, [renamed('2'), renamed('0'), renamed('3')]);
    t.same(codes(again), ['duplicate', 'duplicate', 'stored'], 'from the log');
    t.equal(again[0]!.position, stored[2]!.position);

    await second.drain();
    t.ok((await readAll(bus, CURSORS_STREAM, 'mark.>')).length >= 2, 'the watermarks are checkpointed');
    const third = await startIntake(t, bus);
    t.same(codes(await publish(third, [renamed('3'), renamed('4')])), ['duplicate', 'stored'], 'from the checkpoint');
    t.same(sourcePositions(await readLog(bus)), ['1.9', '1.10', '2', '3', '4']);
  },
);

t.test('each epoch of a source has its own watermark', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  const of = (epoch: string, position: string) => renamed(position, { sourceepoch: epoch });
  t.same(codes(await publish(intake, [of('a', '5'), of('b', '1'), of('a', '4'), of('b', '2')])), [
    'stored',
    'stored',
    'duplicate',
    'stored',
  ]);
  await intake.drain();
  const next = await startIntake(t, bus);
  t.same(codes(await publish(next, [of('a', '5'), of('b', '2'), of('b', '3')])), ['duplicate', 'duplicate', 'stored']);
});

t.test('a source position that occurs twice in one commit is stored once', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  t.same(codes(await publish(intake, [renamed('1'), renamed('2'), renamed('2'), renamed('1'), renamed('3')])), [
    'stored',
    'stored',
    'duplicate',
    'duplicate',
    'stored',
  ]);
  t.same(sourcePositions(await readLog(bus)), ['1', '2', '3']);
});

t.test('a quarantined event counts as processed, in its turn among the others', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  const results = await publish(intake, [
    positioned('1'),
    wrong('2'),
    wrong('3'),
    positioned('4'),
    wrong('5'),
    birth('plain'),
  ]);
  t.same(codes(results), ['stored', 'EVENT_INVALID', 'EVENT_INVALID', 'stored', 'EVENT_INVALID', 'stored']);
  t.same(codes(await publish(intake, [wrong('5'), renamed('3')])), ['duplicate', 'duplicate']);
  t.equal((await readAll(bus, QUARANTINE_STREAM, 'quarantine.>')).length, 3);
  const next = await startIntake(t, bus);
  t.same(codes(await publish(next, [renamed('5'), renamed('6')])), ['duplicate', 'stored'], 'after a restart');
});

t.test('later events of a source are refused until its failed event is sent again', async (t) => {
  const server = await startNats(t);
  const bus = await connect(t, server);
  const intake = await startIntake(t, bus, { queueEventsMax: 3 });
  const results = await publish(
    intake,
    ['1', '2', '3', '4', '5'].map((position) => positioned(position)),
  );
  t.same(codes(results), ['stored', 'stored', 'stored', 'TOO_MANY', 'TOO_MANY']);
  t.same(codes(await publish(intake, [positioned('5'), birth('plain')])), ['PRECEDING_FAILED', 'stored']);
  t.same(
    codes(await publish(intake, [positioned('5', { sourceepoch: 'other' })])),
    ['stored'],
    'another epoch is free',
  );
  t.same(codes(await publish(intake, [positioned('4')])), ['stored']);
  t.same(codes(await publish(intake, [positioned('5', { id: 'five' }), positioned('6')])), ['stored', 'stored']);
});

t.test('no event passes the other failed ones when the first of them turns out to be stored', async (t) => {
  const server = await startNats(t);
  const bus = await connect(t, server, 'one');
  const one = await startIntake(t, bus, { queueEventsMax: 3 });
  const two = await startIntake(t, await connect(t, server, 'two'));
  const send = async (intake: Intake, from: number, to = from) =>
    codes(
      await publish(
        intake,
        range(from, to).map((position) => renamed(position)),
      ),
    );
  t.same((await send(one, 1, 6)).slice(2), ['stored', 'TOO_MANY', 'TOO_MANY', 'TOO_MANY']);
  t.same(await send(two, 4), ['stored']);
  // Twice: after the first refusal the watermarks are read again, and 5 and 6 are still missing.
  for (let i = 0; i < 2; i++) t.same(await send(one, 7), ['PRECEDING_FAILED']);
  t.same(await send(one, 5, 7), ['stored', 'stored', 'stored']);
  t.same(sourcePositions(await readLog(bus)), range(1, 7));
});

t.test('an event that is refused twice blocks events that were queued in between', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus, { queueBytesMax: 2_000 });
  const large = () => renamed('10', { subject: 'k', data: { idNumber: 'k', name: 'x'.repeat(3_000) } });
  const first = publish(intake, [large()]);
  const behind = publish(intake, [renamed('11')]);
  t.same(codes(await first), ['TOO_MANY']);
  t.same(codes(await publish(intake, [large()])), ['TOO_MANY']);
  t.same(codes(await behind), ['PRECEDING_FAILED']);
  t.same(codes(await publish(intake, [renamed('10'), renamed('11')])), ['stored', 'stored']);
});

t.test('events of an older connection pass no event that a newer connection sends again', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus, { queueEventsMax: 3 });
  const send = async (flow: object, from: number, to = from) =>
    codes(
      await intake.publish(
        REGISTRY,
        range(from, to).map((position) => renamed(position)),
        flow,
      ),
    );
  const [older, newer] = [{}, {}];
  t.same((await send(older, 1, 6)).slice(3), ['TOO_MANY', 'TOO_MANY', 'TOO_MANY']);
  t.same(await send(newer, 4), ['stored']);
  t.same(await send(older, 7), ['PRECEDING_FAILED']);
  t.same(await send(newer, 5, 7), ['stored', 'stored', 'stored']);
  t.same(sourcePositions(await readLog(bus)), range(1, 7));
});

t.test('no event passes the other events of an atomic batch that was refused for one of them', async (t) => {
  const intake = await startIntake(t, await connect(t, await startNats(t)), { queueEventsMax: 4 });
  const of = (epoch: string, position: string) => renamed(position, { sourceepoch: epoch });
  const events = [of('a', '1'), of('b', '1'), birth('x'), birth('y'), of('b', '2')];
  t.same(codes(await publish(intake, events)).at(-1), 'TOO_MANY');
  const atomic = intake.publishAtomic(REGISTRY, [of('a', '2'), of('b', '3')]);
  const behind = publish(intake, [of('a', '3')]);
  t.same(codes(await atomic), ['BATCH_REFUSED', 'PRECEDING_FAILED']);
  t.same(codes(await behind), ['PRECEDING_FAILED']);
  t.same(codes(await publish(intake, [of('a', '2'), of('a', '3')])), ['stored', 'stored']);
});

t.test('a source that returns after another broker has taken its failed event continues', async (t) => {
  const server = await startNats(t);
  const one = await startIntake(t, await connect(t, server, 'one'), { queueEventsMax: 3 });
  const two = await startIntake(t, await connect(t, server, 'two'));
  t.same(
    codes(
      await publish(
        one,
        range(1, 4).map((position) => positioned(position)),
      ),
    ).at(-1),
    'TOO_MANY',
  );
  t.same(codes(await publish(two, [renamed('4'), renamed('5')])), ['stored', 'stored']);
  t.same(codes(await publish(one, [renamed('6')])), ['PRECEDING_FAILED'], 'it does not know yet');
  t.same(codes(await publish(one, [renamed('6')])), ['stored']);
});

t.test('two brokers that serve one source in turn store no event twice', async (t) => {
  const server = await startNats(t);
  const one = await startIntake(t, await connect(t, server, 'one'));
  const bus = await connect(t, server, 'two');
  const two = await startIntake(t, bus);
  await publish(one, [renamed('1')]);
  t.same(codes(await publish(two, [renamed('1'), renamed('2')])), ['duplicate', 'stored']);
  t.same(
    codes(
      await publish(
        one,
        range(1, 40).map((position) => renamed(position)),
      ),
    ),
    ['duplicate', 'duplicate', ...Array(38).fill('stored')],
  );
  t.same(
    codes(
      await publish(
        two,
        range(30, 41).map((position) => renamed(position)),
      ),
    ),
    [...Array(11).fill('duplicate'), 'stored'],
  );
  // Both write a checkpoint, then each finds the other's.
  await one.drain();
  t.same(codes(await publish(two, [renamed('42')])), ['stored']);
  await two.drain();
  const three = await startIntake(t, bus);
  t.same(codes(await publish(three, [renamed('42'), renamed('43')])), ['duplicate', 'stored']);
  t.same(sourcePositions(await readLog(bus)), range(1, 43));
});

t.test('an event that another broker stored and that has expired since is still processed', async (t) => {
  const server = await startNats(t);
  const bus = await connect(t, server, 'one');
  const one = await startIntake(t, bus);
  const two = await startIntake(t, await connect(t, server, 'two'));
  await publish(one, [renamed('1')]);
  await publish(
    two,
    range(2, 5).map((position) => renamed(position)),
  );
  await two.drain();
  // As if all events had expired.
  const { config } = await bus.jsm.streams.info('EV_0');
  await bus.jsm.streams.delete('EV_0');
  await bus.jsm.streams.add({ ...config, first_seq: 6 });
  t.same(codes(await publish(one, [renamed('3'), renamed('6')])), ['duplicate', 'stored']);
  await one.drain();
  const three = await startIntake(t, bus);
  t.same(
    codes(await publish(three, [renamed('5'), renamed('6')])),
    ['duplicate', 'duplicate'],
    'the watermark is not lowered',
  );
});

t.test('two brokers that receive the same events at once store each source position once', async (t) => {
  const server = await startNats(t);
  const bus = await connect(t, server, 'one');
  const intakes = [await startIntake(t, bus), await startIntake(t, await connect(t, server, 'two'))];
  const events = range(1, 200);
  await Promise.all(
    intakes.map(async (intake) => {
      for (let i = 0; i < events.length; i += 10) {
        const batch = events.slice(i, i + 10).map((position) => renamed(position));
        await intake.publish(REGISTRY, batch);
      }
    }),
  );
  t.same(sourcePositions(await readLog(bus)), events);
});

t.test('an atomic batch leaves out events at or below the watermark', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  await publish(intake, [positioned('1'), positioned('2')]);
  const results = await intake.publishAtomic(
    REGISTRY,
    range(1, 5).map((position) => renamed(position)),
  );
  t.same(codes(results), ['duplicate', 'duplicate', 'stored', 'stored', 'stored']);
  t.same(codes(await publish(intake, [renamed('5'), renamed('6')])), ['duplicate', 'stored']);
});

t.test('an atomic batch may begin with the failed event again, but not behind it', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus, { queueEventsMax: 3 });
  const results = await publish(
    intake,
    range(1, 4).map((position) => positioned(position)),
  );
  t.same(codes(results).slice(-1), ['TOO_MANY']);
  const atomic = async (...positions: string[]) =>
    codes(
      await intake.publishAtomic(
        REGISTRY,
        positions.map((position) => renamed(position)),
      ),
    );
  t.same(await atomic('5', '6'), ['PRECEDING_FAILED', 'PRECEDING_FAILED']);
  t.same(await atomic('3', '4', '5'), ['duplicate', 'stored', 'stored']);
});

t.test('an atomic batch that begins before the failed event may skip it', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus, { queueEventsMax: 3 });
  const results = await publish(
    intake,
    range(1, 4).map((position) => positioned(position)),
  );
  t.same(codes(results).slice(-1), ['TOO_MANY']);
  const batch = ['2', '5', '6'].map((position) => renamed(position));
  t.same(codes(await intake.publishAtomic(REGISTRY, batch)), ['duplicate', 'stored', 'stored']);
  t.same(codes(await publish(intake, [renamed('7')])), ['stored'], 'nothing is missing any more');
});

t.test('an event of a source whose watermarks cannot be read for some seconds waits, and is stored', async (t) => {
  const server = await startNats(t);
  const bus = await connect(t, server);
  const intake = await startIntake(t, bus);
  const resume = (): void => void process.kill(server.pid, 'SIGCONT');
  t.teardown(resume);
  await stopProcess(server.pid);
  const published = publish(intake, [positioned('1')]);
  // Longer than one request to the store may take.
  const resumes = setTimeout(resume, 4_000);
  t.teardown(() => clearTimeout(resumes));
  t.same(codes(await published), ['stored']);
});
