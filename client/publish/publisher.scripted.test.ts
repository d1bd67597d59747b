import t from 'tap';
import { SluiceError } from '../../proto/errors.js';
import type { SourceEvent } from '../../proto/event/event.js';
import type { PublishFrame } from '../../proto/frames/frames.js';
import { ScriptedBus, type ScriptedSession } from '../../tests/support/connectors/scripted-bus.js';
import { AuthenticationError, ClientClosedError, PublishRefusedError, QueueFullError } from '../errors.js';
import { Publisher } from './publisher.js';
import type { PublisherOptions } from './publisher-options.js';

const QUICK = { firstDelayMs: 5, delayMsMax: 20 };
const event = (id: string): SourceEvent => ({ specversion: '1.0', id, type: 'p.e', op: 'create', data: { key: id } });
const ids = (frame: PublishFrame) => frame.events.map((one) => one.id);

function publisherOf(bus: ScriptedBus, options: Partial<PublisherOptions> = {}): Publisher {
  return new Publisher({ url: bus.url, token: 'secret', reconnect: QUICK, ...options });
}

let position = 0;
function store(session: ScriptedSession, frame: PublishFrame): void {
  session.send({ kind: 'published', ref: frame.ref, results: frame.events.map(() => ({ position: ++position })) });
}

t.test('calls of one event-loop turn share a frame, and later calls do not wait for its answer', async (t) => {
  const bus = await ScriptedBus.start(t);
  const publisher = publisherOf(bus);
  const first = [publisher.publish(event('a')), publisher.publish(event('b'))];
  const session = await bus.session();
  const frame = await session.next('publish');
  t.same(ids(frame), ['a', 'b']);
  first.push(publisher.publish(event('c')));
  const second = await session.next('publish');
  t.same(ids(second), ['c']);
  store(session, frame);
  store(session, second);
  const positions = (await Promise.all(first)).map((result) => result.position);
  t.same(positions, [1, 2, 3]);
  await publisher.close();
});

t.test('events in flight stay within inFlightEvents', async (t) => {
  const bus = await ScriptedBus.start(t);
  const publisher = publisherOf(bus, { inFlightEvents: 2 });
  const all = ['a', 'b', 'c'].map((id) => publisher.publish(event(id)));
  const session = await bus.session();
  const frame = await session.next('publish');
  t.same(ids(frame), ['a', 'b']);
  store(session, frame);
  const rest = await session.next('publish');
  t.same(ids(rest), ['c']);
  store(session, rest);
  await Promise.all(all);
  await publisher.close();
});

t.test('after a lost connection the same ids are sent again in the same order', async (t) => {
  const bus = await ScriptedBus.start(t);
  const publisher = publisherOf(bus);
  const all = ['a', 'b'].map((id) => publisher.publish(event(id)));
  const session = await bus.session();
  await session.next('publish');
  session.cut();
  const again = await bus.session();
  const frame = await again.next('publish');
  t.same(ids(frame), ['a', 'b']);
  again.send({ kind: 'published', ref: frame.ref, results: [{ position: 8, duplicate: true }, { position: 9 }] });
  t.same(await Promise.all(all), [
    { position: 8, duplicate: true },
    { position: 9, duplicate: false },
  ]);
  await publisher.close();
});

t.test('a final refusal rejects that event alone and names the item', async (t) => {
  const bus = await ScriptedBus.start(t);
  const publisher = publisherOf(bus);
  const good = publisher.publish(event('a'));
  const bad = publisher.publish(event('b'));
  bad.catch(() => {});
  const session = await bus.session();
  const { ref } = await session.next('publish');
  const problem = new SluiceError('ITEM_INVALID', 'must be a date', { item: 'born', entry: 'p.e' }).toProblem();
  session.send({ kind: 'published', ref, results: [{ position: 1 }, { problem }] });
  t.equal((await good).position, 1);
  const error = (await bad.catch((error: unknown) => error)) as PublishRefusedError;
  t.type(error, PublishRefusedError);
  t.match(error, { code: 'ITEM_INVALID', eventId: 'b', item: 'born', entry: 'p.e', retryable: false });
  await publisher.close();
});

t.test('a retryable refusal sends that event and all behind it again', async (t) => {
  const bus = await ScriptedBus.start(t);
  const waits: string[] = [];
  const publisher = publisherOf(bus, {
    onState: (state) => state.kind === 'waiting' && waits.push(state.error.code),
  });
  const all = ['a', 'b', 'c'].map((id) => publisher.publish(event(id)));
  const session = await bus.session();
  const { ref } = await session.next('publish');
  const problem = new SluiceError('STORE_UNAVAILABLE', 'the store is unavailable').toProblem();
  session.send({ kind: 'published', ref, results: [{ position: 1 }, { problem }, { problem }] });
  const again = await session.next('publish');
  t.same(ids(again), ['b', 'c']);
  store(session, again);
  await Promise.all(all);
  t.same(waits, ['STORE_UNAVAILABLE']);
  await publisher.close();
});

t.test('an error frame refuses all events of its publish frame', async (t) => {
  const bus = await ScriptedBus.start(t);
  const publisher = publisherOf(bus);
  const published = publisher.publish(event('a'));
  const session = await bus.session();
  const { ref } = await session.next('publish');
  session.send({ kind: 'error', ref, code: 'NOT_ALLOWED', message: 'may not publish' });
  await t.rejects(published, PublishRefusedError);
  await publisher.close();
});

t.test('an event larger than a frame is refused and the connection stays open', async (t) => {
  const bus = await ScriptedBus.start(t);
  bus.welcome = { maxFrameBytes: 2_000 };
  const publisher = publisherOf(bus);
  const large = publisher.publish({ ...event('a'), data: { key: 'x'.repeat(3_000) } });
  await t.rejects(large, { code: 'TOO_LARGE' });
  await publisher.close();
});

t.test('publish rejects when the queue is full, and ready resolves when it has capacity', async (t) => {
  const bus = await ScriptedBus.start(t);
  const publisher = publisherOf(bus, { queueEvents: 2 });
  const all = [publisher.publish(event('a')), publisher.publish(event('b'))];
  await t.rejects(publisher.publish(event('c')), QueueFullError);
  const ready = publisher.ready();
  const session = await bus.session();
  store(session, await session.next('publish'));
  await ready;
  const last = publisher.publish(event('c'));
  store(session, await session.next('publish'));
  await Promise.all([...all, last]);
  await publisher.close();
});

t.test('flush waits for the events published before it and for no later ones', async (t) => {
  const bus = await ScriptedBus.start(t);
  const publisher = publisherOf(bus);
  const before = publisher.publish(event('a'));
  const flushed = publisher.flush();
  const session = await bus.session();
  const frame = await session.next('publish');
  const after = publisher.publish(event('b'));
  store(session, frame);
  await t.resolves(flushed);
  await before;
  store(session, await session.next('publish'));
  await after;
  await publisher.close();
});

t.test('a refused credential ends the publisher and rejects later calls', async (t) => {
  const bus = await ScriptedBus.start(t);
  bus.welcome = { refuseWith: 401 };
  const publisher = publisherOf(bus);
  await t.rejects(publisher.publish(event('a')), AuthenticationError);
  await t.rejects(publisher.publish(event('b')), AuthenticationError);
  await publisher.close();
});

t.test('after an aborted signal open and new calls reject at once', async (t) => {
  const bus = await ScriptedBus.start(t);
  const controller = new AbortController();
  const publisher = publisherOf(bus, { signal: controller.signal });
  const open = publisher.publish(event('a'));
  await (await bus.session()).next('publish');
  controller.abort();
  await t.rejects(open, ClientClosedError);
  await t.rejects(publisher.publish(event('b')), ClientClosedError);
  await publisher.close();
});
