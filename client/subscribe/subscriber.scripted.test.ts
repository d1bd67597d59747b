import t from 'tap';
import type { DeliveredEvent } from '../../proto/event/event.js';
import { RecordCodec } from '../../proto/event/record.js';
import type { SubscribeFrame } from '../../proto/frames/frames.js';
import { ScriptedBus, type ScriptedSession } from '../../tests/support/connectors/scripted-bus.js';
import { AuthenticationError, GapError, ProtocolError, RevokedError, SupersededError } from '../errors.js';
import { Subscriber } from './subscriber.js';
import type { Delivery, SubscriberOptions, SubscriberState } from './subscriber-options.js';

const CHANNEL = 77;
const QUICK = { firstDelayMs: 5, delayMsMax: 20 };
const event = (position: number): DeliveredEvent => ({
  id: `p.e@${position}`,
  position,
  type: 'p.e',
  time: '2026-11-24T00:00:00.000Z',
  op: 'create',
  data: { key: String(position) },
});

function subscriberOf(bus: ScriptedBus, options: Partial<SubscriberOptions> = {}): Subscriber {
  return new Subscriber({ url: bus.url, token: 'secret', grant: 'g', reconnect: QUICK, ...options });
}

/** Accepts the next session and answers its subscribe frame. */
async function admit(bus: ScriptedBus, position = 0): Promise<{ session: ScriptedSession; request: SubscribeFrame }> {
  const session = await bus.session();
  const request = await session.next('subscribe');
  session.send({
    kind: 'subscribed',
    ref: request.ref,
    channel: CHANNEL,
    grant: 'g',
    entry: 'p.e',
    version: 1,
    items: [{ name: 'key', number: 1, type: 'string' }],
    log: 'L1',
    position,
  });
  return { session, request };
}

function sendEvents(session: ScriptedSession, positions: number[], through = positions.at(-1)!): void {
  session.send({ kind: 'events', channel: CHANNEL, through, events: positions.map(event) });
}

async function take(iterator: AsyncIterator<Delivery>, count: number): Promise<number[]> {
  const positions: number[] = [];
  while (positions.length < count) positions.push((await iterator.next()).value.event.position);
  return positions;
}

t.test('the subscribe request carries token, cursor, start, credit and narrowing', async (t) => {
  const bus = await ScriptedBus.start(t);
  const subscriber = subscriberOf(bus, { cursor: 'c', from: 'earliest', credit: 5, narrow: { a: { is: 'x' } } });
  const iterator = subscriber[Symbol.asyncIterator]();
  const first = iterator.next();
  const { session, request } = await admit(bus);
  t.equal(session.authorization, 'Bearer secret');
  t.match(request, { grant: 'g', cursor: 'c', from: 'earliest', credit: 5, narrow: { a: { is: 'x' } } });
  sendEvents(session, [3]);
  t.match(await first, { done: false, value: { event: { position: 3, data: { key: '3' } } } });
  await iterator.return?.();
});

t.test('in auto mode requesting the next event acknowledges the one before', async (t) => {
  const bus = await ScriptedBus.start(t);
  const subscriber = subscriberOf(bus);
  const iterator = subscriber[Symbol.asyncIterator]();
  const first = iterator.next();
  const { session } = await admit(bus);
  sendEvents(session, [1, 2]);
  await first;
  await iterator.next();
  t.match(await session.next('ack'), { channel: CHANNEL, position: 1 });
  session.send({ kind: 'acked', channel: CHANNEL, position: 1 });
  const third = iterator.next();
  t.match(await session.next('ack'), { position: 2 });
  session.send({ kind: 'acked', channel: CHANNEL, position: 2 });
  sendEvents(session, [9]);
  await third;
  t.equal(subscriber.acked, 2);
  t.same(subscriber.resumePoint, { after: 9, log: 'L1' });
  await iterator.return?.();
});

t.test('skipped positions are acknowledged once no delivered event is open', async (t) => {
  const bus = await ScriptedBus.start(t);
  const iterator = subscriberOf(bus, { acknowledge: 'explicit' })[Symbol.asyncIterator]();
  const first = iterator.next();
  const { session } = await admit(bus);
  sendEvents(session, [5], 8);
  const { value } = await first;
  sendEvents(session, [], 20);
  (value as Delivery).ack();
  // Where the second frame comes after the acknowledgement, 8 is acknowledged first.
  let acknowledged = await session.next('ack');
  if (acknowledged.position === 8) acknowledged = await session.next('ack');
  t.match(acknowledged, { position: 20 });
  await iterator.return?.();
});

t.test('after a lost connection it resumes after the acknowledged position and drops repeats', async (t) => {
  const bus = await ScriptedBus.start(t);
  const states: SubscriberState['kind'][] = [];
  const subscriber = subscriberOf(bus, { acknowledge: 'explicit', onState: (state) => states.push(state.kind) });
  const iterator = subscriber[Symbol.asyncIterator]();
  const firstTwo = take(iterator, 2);
  const { session } = await admit(bus);
  sendEvents(session, [1, 2, 3]);
  t.same(await firstTwo, [1, 2]);
  subscriber.ack(1);
  await session.next('ack');
  session.cut();
  const again = await admit(bus, 1);
  t.same(again.request.from, { after: 1, log: 'L1' });
  const rest = take(iterator, 2);
  sendEvents(again.session, [2, 3, 4]);
  t.same(await rest, [3, 4]);
  t.ok(states.includes('disconnected'));
  await iterator.return?.();
});

t.test('an acknowledgement is sent only after the new connection has delivered that far', async (t) => {
  const bus = await ScriptedBus.start(t);
  const subscriber = subscriberOf(bus, { acknowledge: 'explicit' });
  const iterator = subscriber[Symbol.asyncIterator]();
  const firstThree = take(iterator, 3);
  const { session } = await admit(bus);
  sendEvents(session, [1, 2, 3]);
  await firstThree;
  subscriber.ack(1);
  await session.next('ack');
  session.cut();
  const again = await admit(bus, 1);
  subscriber.ack(3);
  sendEvents(again.session, [2]);
  t.match(await again.session.next('ack'), { position: 2 });
  sendEvents(again.session, [3]);
  t.match(await again.session.next('ack'), { position: 3 });
  await iterator.return?.();
});

t.test('an unconfirmed rejection is sent again after a lost connection', async (t) => {
  const bus = await ScriptedBus.start(t);
  const subscriber = subscriberOf(bus, { acknowledge: 'explicit' });
  const iterator = subscriber[Symbol.asyncIterator]();
  const first = iterator.next();
  const { session } = await admit(bus);
  sendEvents(session, [1]);
  ((await first).value as Delivery).reject('no such person');
  t.match(await session.next('reject'), { position: 1, reason: 'no such person' });
  session.cut();
  const again = await admit(bus);
  sendEvents(again.session, [1]);
  t.match(await again.session.next('reject'), { position: 1, reason: 'no such person' });
  await iterator.return?.();
});

t.test('each code of an ended subscription throws an error of its own type', async (t) => {
  const endings = [
    ['POSITION_GONE', GapError],
    ['REVOKED', RevokedError],
    ['SUPERSEDED', SupersededError],
  ] as const;
  for (const [code, type] of endings) {
    const bus = await ScriptedBus.start(t);
    const next = subscriberOf(bus)[Symbol.asyncIterator]().next();
    const { session } = await admit(bus);
    session.send({ kind: 'ended', channel: CHANNEL, code, lastPosition: 4, reason: 'a reason', earliest: 9 });
    await t.rejects(next, type);
  }
});

t.test('a frame that breaks the protocol ends the iteration and closes with 4400', async (t) => {
  const breaks: Record<string, (session: ScriptedSession) => void> = {
    'positions that go backward': (session) => sendEvents(session, [5, 4], 5),
    'an unknown channel': (session) => session.send({ kind: 'events', channel: 1, through: 1, events: [event(1)] }),
    'a frame that is no frame': (session) => session.socket.send('{"kind":'),
    'more events than the credit allows': (session) => sendEvents(session, [1, 2, 3, 4]),
  };
  for (const [what, break_] of Object.entries(breaks)) {
    const bus = await ScriptedBus.start(t);
    const iterator = subscriberOf(bus, { credit: 3, acknowledge: 'explicit' })[Symbol.asyncIterator]();
    const next = iterator.next();
    const { session } = await admit(bus);
    break_(session);
    await t.rejects(next, ProtocolError, what);
    t.equal(await session.closed, 4400, what);
  }
});

t.test('a refused credential is not retried', async (t) => {
  const bus = await ScriptedBus.start(t);
  bus.welcome = { refuseWith: 401 };
  await t.rejects(subscriberOf(bus)[Symbol.asyncIterator]().next(), AuthenticationError);
  t.equal(bus.upgrades, 1);
});

t.test('a broker that is not ready is retried', async (t) => {
  const bus = await ScriptedBus.start(t);
  bus.welcome = { refuseWith: 503 };
  const iterator = subscriberOf(bus, {
    onState: (state) => {
      if (state.kind === 'disconnected') bus.welcome = {};
    },
  })[Symbol.asyncIterator]();
  const next = iterator.next();
  const { session } = await admit(bus);
  sendEvents(session, [1]);
  t.match(await next, { value: { event: { position: 1 } } });
  await iterator.return?.();
});

t.test('a missing heartbeat makes the subscriber reconnect', async (t) => {
  const bus = await ScriptedBus.start(t);
  bus.welcome = { heartbeatMs: 40 };
  const iterator = subscriberOf(bus)[Symbol.asyncIterator]();
  const next = iterator.next();
  const { session } = await admit(bus);
  bus.welcome = {};
  const again = await admit(bus);
  t.equal(await session.closed, 4408);
  sendEvents(again.session, [1]);
  await next;
  await iterator.return?.();
});

t.test('aborting the signal ends the iteration without an error', async (t) => {
  const bus = await ScriptedBus.start(t);
  const controller = new AbortController();
  const next = subscriberOf(bus, { signal: controller.signal })[Symbol.asyncIterator]().next();
  await admit(bus);
  controller.abort();
  t.match(await next, { done: true });
});

t.test('leaving the loop waits until the acknowledgement is confirmed', async (t) => {
  const bus = await ScriptedBus.start(t);
  const subscriber = subscriberOf(bus, { acknowledge: 'explicit' });
  const consumed = (async () => {
    for await (const delivery of subscriber) {
      delivery.ack();
      break;
    }
  })();
  const { session } = await admit(bus);
  sendEvents(session, [1]);
  await session.next('ack');
  session.send({ kind: 'acked', channel: CHANNEL, position: 1 });
  await consumed;
  t.equal(subscriber.acked, 1);
});

t.test('protobuf records are decoded with the items of the subscribed frame', async (t) => {
  const bus = await ScriptedBus.start(t);
  const iterator = subscriberOf(bus, { encoding: 'sluice.v1.protobuf' })[Symbol.asyncIterator]();
  const next = iterator.next();
  const { session } = await admit(bus);
  const data = new RecordCodec([{ name: 'key', number: 1, type: 'string', list: false }]).encode({ key: '陈' });
  session.send({
    kind: 'events',
    channel: CHANNEL,
    through: 2,
    events: [
      { ...event(1), data: data as never },
      { ...event(2), op: 'leave', data: undefined },
    ],
  });
  t.match(await next, { value: { event: { data: { key: '陈' } } } });
  t.equal(((await iterator.next()).value as Delivery).event.data, undefined);
  await iterator.return?.();
});

t.test('a batch carries the events that have arrived and the position to store', async (t) => {
  const bus = await ScriptedBus.start(t);
  const batches = subscriberOf(bus).batches(2);
  const first = batches.next();
  const { session } = await admit(bus);
  sendEvents(session, [1, 4, 6]);
  t.match(await first, { value: { position: 4, log: 'L1', events: [{ position: 1 }, { position: 4 }] } });
  t.match(await batches.next(), { value: { position: 6, events: [{ position: 6 }] } });
  await batches.return();
});
