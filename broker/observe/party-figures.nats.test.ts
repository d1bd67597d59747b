import t from 'tap';
import { startBroker } from '../../tests/support/broker/broker.js';
import { eventually } from '../../tests/support/condition.js';
import { RawSession } from '../../tests/support/raw-client/raw-client.js';
import { mustCall, publishBatch } from '../../tests/support/raw-client/raw-http.js';

const SOURCE = 'source-token-of-this-test-0123456789';
const READER = 'reader-token-of-this-test-0123456789';
const CLERK = 'clerk-token-of-this-test-0123456789';
const ENTRY = 'registry.person';
const WAIT_MS = 10_000;

const BUNDLE = {
  parties: ['registry', 'readers', 'others'].map((id) => ({ id, name: id, level: 'city', regionCode: '350100' })),
  systems: [
    { id: 'source', party: 'registry', may: ['publish'], token: SOURCE },
    { id: 'reader', party: 'readers', may: ['subscribe'], token: READER },
  ],
  officers: [{ id: 'clerk', party: 'others', roles: ['catalog_editor'], token: CLERK }],
  entries: [
    {
      id: ENTRY,
      name: 'Persons',
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
      period: { from: '2020-01-01', to: '2099-12-31' },
      history: 'all',
    },
  ],
};

const event = (id: string, data: object) => ({ specversion: '1.0', id, type: ENTRY, op: 'create', data }) as never;

const OF_REGISTRY = [
  'quarantine_missed_events_total{party="registry"} 2',
  'quarantined_events_total{party="registry",code="ITEM_INVALID"} 1',
  'quota_refusals_total{party="registry",quota="quarantineEvents"} 2',
];
const OF_READERS = ['dead_letters_total{party="readers"} 1'];

t.test('a party is named once it must act, to itself and to who oversees grants, and to nobody else', async (t) => {
  const { url, operatorToken, apply } = await startBroker(t, { config: { quotas: { quarantineEvents: 1 } } });
  await apply(BUNDLE);
  const seen = async (token: string, query = ''): Promise<string[]> => {
    const { text } = await mustCall({ url, token }, 'GET', `/metrics/grants${query}`);
    return Array.from(text.matchAll(/^sluice_party_(.*)$/gm), ([, series = '']) => series).sort();
  };
  t.strictSame(await seen(operatorToken), [], 'no series before anything happened');

  await publishBatch({ url, token: SOURCE }, [
    event('good', { key: 'k' }),
    ...['1', '2', '3'].map((id) => event(id, { key: 7 })),
  ]);
  const session = await RawSession.open({ url, token: READER, encoding: 'sluice.v1.json' });
  t.teardown(() => session.close());
  const subscription = await session.subscribe({ grant: 'g', from: 'earliest' });
  const [first] = await subscription.collect(1);
  subscription.reject(first!.position, 'no use for it');
  const all = [...OF_READERS, ...OF_REGISTRY];
  await eventually(async () => (await seen(operatorToken)).length === all.length, 'everything to be counted', WAIT_MS);

  t.strictSame(await seen(operatorToken), all);
  t.strictSame(await seen(operatorToken, '?party=registry'), OF_REGISTRY);
  t.strictSame(await seen(operatorToken, '?party=others'), []);
  t.strictSame(await seen(SOURCE), OF_REGISTRY);
  t.strictSame(await seen(SOURCE, '?party=registry'), OF_REGISTRY);
  t.strictSame(await seen(SOURCE, '?party=readers'), [], 'the party of somebody else has no series');
  t.strictSame(await seen(READER), OF_READERS, 'a subscriber learns nothing of its source');
  t.strictSame(await seen(CLERK), []);
  t.strictSame(await seen(CLERK, '?party=readers'), []);
  t.notMatch((await mustCall({ url, token: operatorToken }, 'GET', '/metrics')).text, 'party="');
});
