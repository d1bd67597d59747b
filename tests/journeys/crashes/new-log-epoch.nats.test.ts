import t from 'tap';
import { startBroker } from '../../support/broker/broker.js';
import { eventually } from '../../support/condition.js';
import { person, REGISTER_BUNDLE } from '../../support/connectors/register-bundle.js';
import { startNats } from '../../support/nats/nats.js';
import { RawRefusal, RawSession } from '../../support/raw-client/raw-client.js';
import { publishBatch } from '../../support/raw-client/raw-http.js';
import type { RawSubscription } from '../../support/raw-client/raw-subscription.js';

const EPOCH_MS_MAX = 60_000;

/** Subscribes again for as long as the broker says that the new epoch is being started. */
async function whenStarted(subscribe: () => Promise<RawSubscription>): Promise<RawSubscription> {
  let subscription: RawSubscription | undefined;
  const isStarted = async (): Promise<boolean> => {
    subscription = await subscribe().catch((error: unknown) => {
      if (error instanceof RawRefusal && error.code === 'STORE_UNAVAILABLE') return undefined;
      throw error;
    });
    return subscription !== undefined;
  };
  await eventually(isStarted, 'the new epoch to start', EPOCH_MS_MAX);
  return subscription as RawSubscription;
}

t.test(
  'a broker that runs on while another starts new epochs of the logs takes them over with the next event',
  async (t) => {
    const nats = await startNats(t);
    const first = await startBroker(t, { nats });
    await first.apply(REGISTER_BUNDLE);
    const source = { url: first.url, token: 'registry-source-token-0123456789' };
    const open = async ({ url }: { url: string }) => {
      const session = await RawSession.open({ url, token: 'reader-one-token-0123456789', encoding: 'sluice.v1.json' });
      t.teardown(() => session.close());
      return session;
    };
    const before = await (await open(first)).subscribe({ grant: 'g-one', from: 'earliest' });
    await publishBatch(source, [person(1)]);
    await before.collect(1);

    const second = await startBroker(t, { nats, config: { restored: true, confirmEnded: 'no-journal' } });
    await publishBatch(source, [person(2)]);
    await before.until(() => before.ended !== undefined, 'the end');
    t.equal(before.ended?.code, 'POSITION_GONE');
    const session = await open(first);
    const after = await whenStarted(() => session.subscribe({ grant: 'g-one', from: 'earliest' }));
    t.not(after.subscribed.log, before.subscribed.log);
    const [, last] = await after.collect(2);
    after.ack(last?.position as number);
    await after.until(() => after.acked.length > 0, 'the ack');
    await session.close();

    await publishBatch(source, [person(3)]);
    const elsewhere = await (await open(second)).subscribe({ grant: 'g-one', from: 'cursor' });
    t.equal(elsewhere.subscribed.log, after.subscribed.log);
    t.match(await elsewhere.collect(1), [{ data: { key: 'p3' } }]);
  },
);
