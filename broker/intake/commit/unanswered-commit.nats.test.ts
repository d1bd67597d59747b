import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { PublishResult } from '../../../proto/frames/frames.js';
import { birth, positioned, publish, readAll, readLog, startIntake } from '../../../tests/support/broker/intake.js';
import { connect, startNats } from '../../../tests/support/nats/nats.js';
import type { Bus } from '../../nats/bus.js';
import { StoreUnavailableError } from '../../nats/store-errors.js';
import { eventStream } from '../../nats/streams.js';
import type { OutMessage } from '../../nats/write/out-message.js';

const EVENTS = 300;
const codes = (results: PublishResult[]) =>
  new Set(results.map((result) => result.problem?.code ?? (result.duplicate ? 'duplicate' : 'stored')));
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_none, i) => String(from + i));
const unanswered = () => new StoreUnavailableError('no answer in time', true);

/** Replaces the sending of the first commit that has as many messages as the source sends. */
function interceptCommit(bus: Bus, send: (original: () => Promise<unknown>) => Promise<never>): void {
  const { publisher } = bus;
  const publishBatch = publisher.publishBatch.bind(publisher);
  let isFirst = true;
  publisher.publishBatch = (messages: readonly OutMessage[]) => {
    if (!isFirst || messages.length !== EVENTS) return publishBatch(messages);
    isFirst = false;
    return send(() => publishBatch(messages));
  };
}

t.test('events of a commit that was stored without an answer are duplicates by their source positions', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  await publish(intake, [positioned('0')]);
  interceptCommit(bus, async (send) => {
    await send();
    throw unanswered();
  });
  const results = await publish(
    intake,
    range(1, EVENTS).map((position) => positioned(position)),
  );
  t.same(codes(results), new Set(['duplicate']));
  t.same(
    (await readLog(bus)).map(({ event }) => event.sourcePosition),
    range(0, EVENTS),
  );
});

t.test('a commit that reaches the store after its events were sent again is refused as a whole', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  await publish(intake, [positioned('0')]);
  let late: (() => Promise<unknown>) | undefined;
  interceptCommit(bus, async (send) => {
    late = send;
    throw unanswered();
  });
  const results = await publish(
    intake,
    range(1, EVENTS).map((position) => positioned(position)),
  );
  t.same(codes(results), new Set(['stored']));
  await t.rejects(late!(), { name: 'WrongExpectedSequenceError' });
  t.same(
    (await readLog(bus)).map(({ event }) => event.sourcePosition),
    range(0, EVENTS),
  );
  t.same(codes(await publish(intake, [positioned(String(EVENTS + 1))])), new Set(['stored']));
});

t.test('a single event whose message reaches the store after it was sent again is stored once', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  await publish(intake, [positioned('0')]);
  const { publisher } = bus;
  const send = publisher.publish.bind(publisher);
  let late: Promise<unknown> | undefined;
  publisher.publish = (message) => {
    publisher.publish = send;
    // Written as the commit has it: the event is sent again with another expectation.
    const first = { ...message, subject: message.subject, data: message.data, id: message.id };
    late = pause(2_000).then(() => send(first));
    return Promise.reject(unanswered());
  };
  t.same(codes(await publish(intake, [positioned('1')])), new Set(['stored']));
  await t.rejects(late!, { name: 'WrongExpectedSequenceError' });
  t.equal((await readLog(bus)).length, 2);
});

t.test('the store is given ids of those events only that have no source position', async (t) => {
  const bus = await connect(t, await startNats(t));
  const intake = await startIntake(t, bus);
  await publish(intake, [positioned('1'), birth('plain'), positioned('2')]);
  const stored = await readAll(bus, eventStream(0), 'ev.0.>');
  t.same(
    stored.map(({ headers }) => headers?.get('Nats-Msg-Id') ?? ''),
    ['', 'registry/civil.birth/plain', ''],
  );
});

t.test('an event at another source position is another event, whatever its id and whoever stored it', async (t) => {
  const server = await startNats(t);
  const one = await startIntake(t, await connect(t, server, 'one'));
  const bus = await connect(t, server, 'two');
  const two = await startIntake(t, bus);
  const named = (position: string, over: object = {}) => positioned(position, { id: 'same', ...over });
  for (const intake of [one, one, two]) {
    const log = await readLog(bus);
    t.same(codes(await publish(intake, [named(String(log.length))])), new Set(['stored']));
  }
  t.same(codes(await publish(one, [named('9'), named('10')])), new Set(['stored']), 'in one commit');
  t.same(codes(await publish(two, [named('1', { sourceepoch: 'next' })])), new Set(['stored']), 'in another epoch');
  t.equal((await readLog(bus)).length, 6);
});
