import t, { type Test } from 'tap';
import { SUBPROTOCOLS, type Subprotocol } from '../../proto/frames/frames.js';
import { startBroker, type TestBroker } from '../../tests/support/broker/broker.js';
import { person, REGISTER_BUNDLE } from '../../tests/support/connectors/register-bundle.js';
import { BusApi } from '../bus-api.js';
import { AuthenticationError, GapError, RevokedError, SubscriptionRefusedError, SupersededError } from '../errors.js';
import { Publisher } from '../publish/publisher.js';
import { Subscriber } from './subscriber.js';
import type { SubscriberOptions } from './subscriber-options.js';

async function brokerWithPersons(t: Test, count: number): Promise<TestBroker> {
  const broker = await startBroker(t);
  await broker.apply(REGISTER_BUNDLE);
  await publishPersons(broker, 0, count);
  return broker;
}

async function publishPersons({ url }: TestBroker, from: number, count: number): Promise<void> {
  const publisher = new Publisher({ url, token: 'registry-source-token-0123456789' });
  const all = Array.from({ length: count }, (_, index) => publisher.publish(person(from + index)));
  await Promise.all(all);
  await publisher.close();
}

const readerOne = ({ url }: TestBroker, options: Partial<SubscriberOptions> = {}) =>
  new Subscriber({ url, token: 'reader-one-token-0123456789', grant: 'g-one', ...options });

/** Acknowledges `count` events and resolves with the numbers of their persons. */
async function numbersOf(subscriber: Subscriber, count: number): Promise<unknown[]> {
  const numbers: unknown[] = [];
  for await (const { event, ack } of subscriber) {
    numbers.push(event.data?.number);
    ack();
    if (numbers.length === count) break;
  }
  return numbers;
}

t.test('a subscriber receives the granted items and no others, in each encoding', async (t) => {
  const broker = await brokerWithPersons(t, 3);
  for (const encoding of SUBPROTOCOLS satisfies readonly Subprotocol[]) {
    const subscriber = readerOne(broker, { encoding, cursor: encoding.split('.')[2]! });
    const { value } = await subscriber[Symbol.asyncIterator]().next();
    t.match(value, { event: { op: 'create', subject: 'p0', type: 'registry.person', position: 1 } }, encoding);
    t.same(value?.event.data, { key: 'p0', district: '350102', number: 0 }, encoding);
    await subscriber.close();
  }
});

t.test('a second subscriber resumes after the position that the first has acknowledged', async (t) => {
  const broker = await brokerWithPersons(t, 10);
  const first = readerOne(broker);
  t.same(await numbersOf(first, 4), [0, 1, 2, 3]);
  t.equal(first.acked, 4, 'leaving the loop waits until the cursor is durable');
  t.same(await numbersOf(readerOne(broker), 6), [4, 5, 6, 7, 8, 9]);
});

t.test('a subscriber resumes from a position that its application has stored', async (t) => {
  const broker = await brokerWithPersons(t, 4);
  const first = readerOne(broker, { acknowledge: 'never' });
  const batch = await first.batches(2).next();
  t.match(batch.value, { position: 2, events: { length: 2 } });
  const resumePoint = first.resumePoint!;
  await first.close();
  t.same(await numbersOf(readerOne(broker, { from: resumePoint, cursor: 'other' }), 2), [2, 3]);
});

t.test('without acknowledgements no more events are delivered than the credit allows', async (t) => {
  const broker = await brokerWithPersons(t, 10);
  const subscriber = readerOne(broker, { credit: 3, acknowledge: 'explicit' });
  const iterator = subscriber[Symbol.asyncIterator]();
  for (let count = 0; count < 3; count++) await iterator.next();
  const fourth = iterator.next();
  const status = await Promise.race([
    fourth.then(() => 'delivered'),
    publishPersons(broker, 10, 50).then(() => 'waits'),
  ]);
  t.equal(status, 'waits');
  subscriber.ack(2);
  t.match(await fourth, { value: { event: { data: { number: 3 } } } });
  await subscriber.close();
});

t.test('suspending a grant ends the iteration as revoked; restoring it delivers again', async (t) => {
  const broker = await brokerWithPersons(t, 1);
  const api = new BusApi({ url: broker.url, token: broker.operatorToken });
  const iterator = readerOne(broker)[Symbol.asyncIterator]();
  await iterator.next();
  const revoked = t.rejects(iterator.next(), RevokedError);
  await api.json('/v1/grants/g-one/suspend', { method: 'POST', body: { reason: 'a test' } });
  await revoked;
  await t.rejects(readerOne(broker)[Symbol.asyncIterator]().next(), RevokedError);
  await api.json('/v1/grants/g-one/restore', { method: 'POST', body: { reason: 'a test' } });
  t.same(await numbersOf(readerOne(broker, { from: 'earliest' }), 1), [0]);
});

t.test('a newer subscriber on the same cursor supersedes the older one', async (t) => {
  const broker = await brokerWithPersons(t, 1);
  const older = readerOne(broker)[Symbol.asyncIterator]();
  await older.next();
  const superseded = t.rejects(older.next(), SupersededError);
  const newer = readerOne(broker);
  const newest = newer[Symbol.asyncIterator]().next();
  await superseded;
  await publishPersons(broker, 1, 1);
  await newest;
  await newer.close();
});

t.test('a position that the log does not have is a gap error with the earliest position', async (t) => {
  const broker = await brokerWithPersons(t, 2);
  const error = await readerOne(broker, { from: { after: 999 } })
    [Symbol.asyncIterator]()
    .next()
    .catch((error: unknown) => error);
  t.type(error, GapError);
  t.equal((error as GapError).earliest, 0);
  await t.rejects(
    readerOne(broker, { from: { after: 1, log: 'another' } })
      [Symbol.asyncIterator]()
      .next(),
    GapError,
  );
});

t.test('a grant of another system and a wrong token give different errors', async (t) => {
  const broker = await brokerWithPersons(t, 0);
  const foreign = readerOne(broker, { grant: 'g-two' })[Symbol.asyncIterator]().next();
  await t.rejects(foreign, SubscriptionRefusedError);
  await t.rejects(readerOne(broker, { token: 'nobody' })[Symbol.asyncIterator]().next(), AuthenticationError);
});

t.test('a rejected event becomes a dead letter and later events are delivered', async (t) => {
  const broker = await brokerWithPersons(t, 3);
  const subscriber = readerOne(broker, { acknowledge: 'explicit' });
  const numbers: unknown[] = [];
  for await (const { event, ack, reject } of subscriber) {
    numbers.push(event.data?.number);
    if (event.position === 2) reject('no such district');
    else ack();
    if (numbers.length === 3) break;
  }
  t.same(numbers, [0, 1, 2]);
  const api = new BusApi({ url: broker.url, token: 'reader-one-token-0123456789' });
  const letters = await api.json('/v1/grants/g-one/dead-letters');
  t.match(JSON.stringify(letters), /"position":2.*no such district/);
});
