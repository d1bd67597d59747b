import t from 'tap';
import type { PublishResult } from '../../proto/frames/frames.js';
import { startBroker } from '../support/broker/broker.js';
import { call, mustCall, publishBatch } from '../support/raw-client/raw-http.js';

const ENTRY = 'county-registry.patient';
const entry = (items: object[]): object => ({
  id: ENTRY,
  name: 'Patients',
  sharingAttribute: 'conditional',
  items: [{ name: 'id', type: 'string', identifier: true }, ...items],
});
const WARD = { name: 'ward', type: 'integer', filterable: true };
const STREET = { name: 'street', type: 'string', filterable: true };

const BUNDLE = {
  parties: ['county-registry', 'county-health'].map((id) => ({ id, name: id, level: 'county', regionCode: '350102' })),
  systems: [
    { id: 'source', party: 'county-registry', may: ['publish'], token: 'token-of-the-source-0123456789' },
    { id: 'reader', party: 'county-health', may: ['subscribe'], token: 'token-of-the-reader-0123456789' },
  ],
  entries: [entry([{ ...WARD, maximum: 50 }, STREET])],
  grants: [
    {
      id: 'g',
      system: 'reader',
      entry: ENTRY,
      items: [{ name: 'id' }],
      rows: { ward: { min: 26 } },
      purpose: 'test',
      basis: 'test',
      period: { from: '2020-01-01', to: '2099-12-31' },
      history: 'all',
    },
  ],
};

t.test('records stored under an earlier version leave and are deleted under a narrower one', async (t) => {
  const broker = await startBroker(t);
  await broker.apply(BUNDLE);
  const source = { url: broker.url, token: 'token-of-the-source-0123456789' };
  const reader = { url: broker.url, token: 'token-of-the-reader-0123456789' };
  const event = (op: string, subject: string, more: object): object => ({
    specversion: '1.0',
    id: `${op}-${subject}`,
    type: ENTRY,
    subject,
    op,
    ...more,
  });
  const stored = (results: PublishResult[]) =>
    t.same(
      results.map(({ problem }) => problem),
      results.map(() => undefined),
    );
  stored(
    await publishBatch(source, [
      event('create', 'a', { data: { id: 'a', ward: 30, street: 'Oak' } }),
      event('create', 'b', { data: { id: 'b', ward: 40 } }),
    ]),
  );

  await broker.apply({ ...BUNDLE, entries: [entry([{ ...WARD, maximum: 25 }])] });
  stored(
    await publishBatch(source, [
      event('update', 'a', { data: { id: 'a', ward: 7 }, previous: { ward: 30, street: 'Oak' } }),
      event('delete', 'b', { previous: { ward: 40 } }),
    ]),
  );
  const { text } = await mustCall(reader, 'GET', '/v1/grants/g/events?from=earliest');
  const ops = text.split('\n').flatMap((line) => (line.includes('"op"') ? [JSON.parse(line).op] : []));
  t.same(ops, ['create', 'create', 'leave', 'delete']);

  const withoutWard = { ...BUNDLE, entries: [entry([STREET])] };
  const refused = await call(
    { url: broker.url, token: broker.operatorToken },
    'POST',
    '/v1/bundles',
    JSON.stringify(withoutWard),
  );
  t.match(refused, { status: 422, json: { problems: [/entries\[0\].*ward must stay.* the rows of grant g$/] } });
});
