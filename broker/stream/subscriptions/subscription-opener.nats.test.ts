import { deferred } from '@nats-io/transport-node';
import t, { type Test } from 'tap';
import { startStreamFixture } from '../../../tests/support/broker/stream-fixture.js';
import { follow } from '../../../tests/support/broker/stream-follow.js';
import { connect } from '../../../tests/support/nats/nats.js';
import { lastPerSubject } from '../../nats/read/log-reader.js';
import { StoreFullError } from '../../nats/store-errors.js';
import type { OutMessage } from '../../nats/write/out-message.js';

/** A stream with the grant `g` on a bus that passes its single messages by `before` on their way to the store. */
async function startHolding(t: Test, before: (message: OutMessage) => unknown) {
  const fixture = await startStreamFixture(t);
  fixture.grant({ id: 'g' });
  const bus = await connect(t, fixture.nats);
  const publish = bus.publisher.publish.bind(bus.publisher);
  bus.publisher.publish = async (message) => {
    await before(message);
    return publish(message);
  };
  return { bus, stream: await fixture.open(t, { bus }) };
}

t.test('claim and receipt of a subscription are stored at the same time', async (t) => {
  const sent = { cursor: deferred<void>(), receipt: deferred<void>() };
  const { stream } = await startHolding(t, async ({ subject }) => {
    const [kind] = subject.split('.');
    if (kind !== 'cursor' && kind !== 'receipt') return;
    sent[kind].resolve();
    // Neither is stored before both were sent.
    await Promise.all([sent.cursor, sent.receipt]);
  });
  const { subscription } = await follow(stream);
  t.equal(subscription.channel > 0, true);
});

t.test('a subscription whose claim is refused ends with its receipt closed', async (t) => {
  const { bus, stream } = await startHolding(t, ({ subject }) => {
    if (subject.startsWith('cursor.')) throw new StoreFullError('no space');
  });
  await t.rejects(follow(stream), { name: 'StoreFullError' });
  const [receipt] = await lastPerSubject(bus, 'RECEIPTS', '>');
  t.match(JSON.parse(Buffer.from(receipt!.data).toString()), { act: 'close', sent: 0, reason: 'REFUSED' });
});
