import t from 'tap';
import { CALLERS, subscriptionOf } from '../../tests/support/broker/gateway.js';
import type { SystemCaller } from '../parties/caller.js';
import type { SubscribeRequest } from '../stream/subscriber.js';
import { SessionSubscriptions, type SubscriptionsOptions } from './session-subscriptions.js';

/** The subscriptions of a session, opened by the given function. */
const subscriptionsOf = (subscribe: SubscriptionsOptions['service']['subscribe']): SessionSubscriptions =>
  new SessionSubscriptions({
    session: 's',
    caller: CALLERS['system-token'] as SystemCaller,
    encoding: 'sluice.v1.json',
    sink: { sendFrame: () => undefined } as unknown as SubscribeRequest['sink'],
    service: { subscribe },
    limits: { maxSubscriptions: 2, maxCredit: 100 },
    metrics: { subscriptionEnded: () => undefined },
  });

t.test('an acknowledgement that crosses the drain of its session is no error', async (t) => {
  let stored = () => {};
  const subscribe = async (request: SubscribeRequest) => ({
    ...subscriptionOf(request),
    close: () => new Promise<void>((resolve) => (stored = resolve)),
  });
  const subscriptions = subscriptionsOf(subscribe);
  await subscriptions.subscribe({ kind: 'subscribe', ref: '1', grant: 'g' });
  const closed = subscriptions.close();
  t.doesNotThrow(() => subscriptions.ack({ kind: 'ack', channel: 7, position: 3 }));
  t.throws(() => subscriptions.ack({ kind: 'ack', channel: 8, position: 3 }), { code: 'UNKNOWN_CHANNEL' });
  stored();
  await closed;
});

t.test('an acknowledgement of a subscription that ends while it is opened is no error', async (t) => {
  for (const how of ['drained', 'ended']) {
    let stored = () => {};
    let opened = () => {};
    let end = () => {};
    const subscribe = (request: SubscribeRequest) => {
      const subscription = {
        ...subscriptionOf(request),
        close: () => new Promise<void>((resolve) => (stored = resolve)),
      };
      end = () => request.onEnded('GRANT_CHANGED');
      return new Promise<typeof subscription>((resolve) => (opened = () => resolve(subscription)));
    };
    const subscriptions = subscriptionsOf(subscribe);
    const subscribing = subscriptions.subscribe({ kind: 'subscribe', ref: '1', grant: 'g' });
    if (how === 'drained') await subscriptions.close();
    else end();
    opened();
    await new Promise((resolve) => setImmediate(resolve));
    t.doesNotThrow(() => subscriptions.ack({ kind: 'ack', channel: 7, position: 3 }), how);
    stored();
    await subscribing;
  }
});
