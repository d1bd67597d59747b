import t from 'tap';
import { startBroker } from '../../tests/support/broker/broker.js';
import { eventually } from '../../tests/support/condition.js';
import { RawSession } from '../../tests/support/raw-client/raw-client.js';
import { mustCall, publishBatch } from '../../tests/support/raw-client/raw-http.js';

const SOURCE = 'source-token-of-this-test-0123456789';
const READER = 'reader-token-of-this-test-0123456789';
const ENTRY = 'registry.person';
const WAIT_MS = 20_000;
const BUNDLE = {
  parties: [{ id: 'registry', name: 'registry', level: 'city', regionCode: '350100' }],
  systems: [
    { id: 'source', party: 'registry', may: ['publish'], token: SOURCE },
    { id: 'reader', party: 'registry', may: ['subscribe'], token: READER },
  ],
  entries: [
    {
      id: ENTRY,
      name: 'e',
      sharingAttribute: 'conditional',
      items: [{ name: 'key', type: 'string', identifier: true }],
    },
  ],
  grants: [
    {
      id: 'g',
      system: 'reader',
      entry: ENTRY,
      items: [{ name: 'key' }],
      purpose: 'p',
      basis: 'b',
      history: 'all',
      period: { from: '2020-01-01', to: '2099-12-31' },
    },
  ],
};

t.test('credit, acknowledgements, revocations and streams are seen on /metrics', async (t) => {
  const { url, operatorToken, apply } = await startBroker(t);
  const value = async (series: string): Promise<number> => {
    const text = await (await fetch(`${url}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`${series} `));
    return Number(line?.slice(series.length).replace('+Inf', 'Infinity'));
  };
  const reaches = (series: string, holds: (value: number) => boolean) =>
    eventually(async () => holds(await value(series)), series, WAIT_MS);
  await reaches('sluice_grants{status="in_force"}', (grants) => grants === 0);
  await apply(BUNDLE);

  const session = await RawSession.open({ url, token: READER, encoding: 'sluice.v1.json' });
  t.teardown(() => session.close());
  const subscription = await session.subscribe({ grant: 'g', from: 'earliest', credit: 2 });
  await session.until(() => subscription.isCaughtUp, 'the subscription to catch up');
  const publish = (...keys: string[]) =>
    publishBatch(
      { url, token: SOURCE },
      keys.map((key) => ({ specversion: '1.0', id: key, type: ENTRY, op: 'create', data: { key } })),
    );
  await publish('a', 'b');
  await subscription.collect(2);
  await reaches('sluice_publish_to_deliver_seconds_count', (events) => events === 2);
  await publish('c');
  await reaches('sluice_subscriptions_out_of_credit', (subscriptions) => subscriptions === 1);
  subscription.ack(2);
  await subscription.collect(3);
  await reaches('sluice_subscriptions_out_of_credit', (subscriptions) => subscriptions === 0);
  await publish('d');
  await subscription.collect(4);
  for (const { position } of subscription.events) subscription.ack(position);
  for (let i = 0; i < 16; i++) {
    const [result] = await publish(`more-${i}`);
    await subscription.collect(5 + i);
    subscription.ack(result!.position!);
  }
  await reaches('sluice_accept_to_acknowledge_seconds_count', (count) => count >= 1);

  const headers = { authorization: `Bearer ${READER}`, accept: 'text/event-stream' };
  const eventStream = await fetch(`${url}/v1/grants/g/events?cursor=events&from=latest`, { headers });
  const reason = JSON.stringify({ reason: 'a test' });
  await mustCall({ url, token: operatorToken }, 'POST', '/v1/grants/g/suspend', reason);
  await reaches('sluice_revocation_to_last_byte_seconds_count', (count) => count === 2);
  t.equal(await value('sluice_revocation_to_last_byte_seconds_bucket{le="1"}'), 2, 'both within a second');
  t.match(await eventStream.text(), 'event: ended');

  await publishBatch({ url, token: SOURCE }, [
    { specversion: '1.0', id: 'x', type: ENTRY, op: 'create', data: {} } as never,
  ]);
  t.ok((await value('sluice_nats_stream_messages{stream="LEDGER"}')) > 0);
  t.equal(await value('sluice_store_seconds_until_full'), Number.POSITIVE_INFINITY);
  t.ok((await value('sluice_ledger_lag_seconds')) < 15);
  t.equal(await value('sluice_quarantine_events{older_than="1h"}'), 0);
});
