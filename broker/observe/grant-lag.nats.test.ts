import t, { type Test } from 'tap';
import type { LagReport } from '../../proto/http/lag.js';
import { startBroker, type TestBroker } from '../../tests/support/broker/broker.js';
import { eventually } from '../../tests/support/condition.js';
import { startNats } from '../../tests/support/nats/nats.js';
import { RawSession } from '../../tests/support/raw-client/raw-client.js';
import { mustCall, publishBatch } from '../../tests/support/raw-client/raw-http.js';

const SOURCE = 'source-token-of-this-test-0123456789';
const READER = 'reader-token-of-this-test-0123456789';
const CLERK = 'clerk-token-of-this-test-0123456789';
const EDITOR = 'editor-token-of-this-test-0123456789';
const ENTRY = 'registry.person';
const WAIT_MS = 10_000;
const period = { from: '2020-01-01', to: '2099-12-31' };
const GRANT = {
  system: 'reader',
  entry: ENTRY,
  items: [{ name: 'key' }],
  purpose: 'p',
  basis: 'b',
  period,
  history: 'all',
};
const grantOf = (id: string, district?: string) => ({
  ...GRANT,
  id,
  ...(district && { rows: { district: { is: district } } }),
});
const bundleOf = (grants: object[]) => ({
  parties: ['registry', 'readers', 'others'].map((id) => ({ id, name: id, level: 'city', regionCode: '350100' })),
  systems: [
    { id: 'source', party: 'registry', may: ['publish'], token: SOURCE },
    { id: 'reader', party: 'readers', may: ['subscribe'], token: READER },
  ],
  officers: [
    { id: 'clerk', party: 'others', roles: ['catalog_editor'], token: CLERK },
    { id: 'editor', party: 'registry', roles: ['catalog_editor'], token: EDITOR },
  ],
  entries: [
    {
      id: ENTRY,
      name: 'Persons',
      sharingAttribute: 'conditional',
      items: [
        { name: 'key', type: 'string', identifier: true },
        { name: 'district', type: 'code', filterable: true },
      ],
    },
  ],
  grants,
});

let published = 0;
/** Publishes one event for each district. */
function publish({ url }: Pick<TestBroker, 'url'>, ...districts: string[]) {
  const events = districts.map((district) => {
    const key = `k${++published}`;
    return { specversion: '1.0' as const, id: key, type: ENTRY, op: 'create' as const, data: { key, district } };
  });
  return publishBatch({ url, token: SOURCE }, events);
}

interface Series {
  [name: string]: number;
}

/** The series of one cursor, by name without `sluice_grant_`. */
async function seriesOf(
  { url }: Pick<TestBroker, 'url'>,
  grant: string,
  { token = READER, query = '' } = {},
): Promise<Series> {
  const { text } = await mustCall({ url, token }, 'GET', `/metrics/grants${query}`);
  const lines = text.split('\n').filter((line) => line.includes(`grant="${grant}",cursor="default"`));
  return Object.fromEntries(
    lines.map((line) => [line.slice('sluice_grant_'.length, line.indexOf('{')), Number(line.split('} ')[1])]),
  );
}

async function lagOf({ url }: Pick<TestBroker, 'url'>, grant: string) {
  const { json } = await mustCall({ url, token: READER }, 'GET', `/v1/lag?grant=${grant}`);
  return (json as LagReport).cursors[0];
}

/** Both sources of the figure, which must agree. */
async function unacknowledged(t: Test, broker: Pick<TestBroker, 'url'>, grant: string): Promise<number | undefined> {
  const [series, lag] = [await seriesOf(broker, grant), await lagOf(broker, grant)];
  t.equal(series.unacknowledged_events, lag?.unacknowledged, 'metric and report agree');
  t.equal(series.lag_exact, 1);
  t.equal(lag?.more, false);
  return lag?.unacknowledged;
}

const open = (t: Test, url: string): Promise<RawSession> =>
  RawSession.open({ url, token: READER, encoding: 'sluice.v1.json' }).then((session) => {
    t.teardown(() => session.close());
    return session;
  });

async function acknowledge(broker: Pick<TestBroker, 'url'>, grant: string, position: number): Promise<void> {
  const body = JSON.stringify({ position });
  await mustCall({ url: broker.url, token: READER }, 'POST', `/v1/grants/${grant}/cursors/default`, body);
}

t.test(
  'the lag of a cursor is what its rows let through, connected or not, and falls with acknowledgements',
  async (t) => {
    const broker = await startBroker(t);
    await broker.apply(bundleOf([grantOf('north', 'n'), grantOf('all')]));
    const session = await open(t, broker.url);
    const subscription = await session.subscribe({ grant: 'north', from: 'earliest' });
    await publish(broker, 'n', 's', 'n', 's', 's', 'n');
    await subscription.collect(3);
    t.match(await seriesOf(broker, 'north'), { unacknowledged_events: 3, delivered_events_total: 3, connected: 1 });
    const [first] = subscription.events;
    subscription.ack(first!.position);
    await eventually(
      async () => (await lagOf(broker, 'north'))?.unacknowledged === 2,
      'the acknowledgement to count',
      WAIT_MS,
    );
    const behind = await seriesOf(broker, 'north');
    t.ok(behind.oldest_unacknowledged_age_seconds! > 0 && behind.oldest_unacknowledged_age_seconds! < 60);
    t.ok(Math.abs(behind.last_acknowledgement_timestamp_seconds! - Date.now() / 1_000) < 60);

    await session.close();
    await publish(broker, 'n', 's', 'n');
    t.equal(await unacknowledged(t, broker, 'north'), 4, 'counted while nobody is connected');
    t.match(await seriesOf(broker, 'north'), { connected: 0, delivered_events_total: 3 });
    await acknowledge(broker, 'north', (await lagOf(broker, 'north'))!.end);
    t.equal(await unacknowledged(t, broker, 'north'), 0);
    await publish(broker, 's', 's');
    t.match(
      await seriesOf(broker, 'north'),
      { unacknowledged_events: 0, oldest_unacknowledged_age_seconds: 0 },
      'events of others are no lag',
    );
  },
);

t.test('the lag is exact after a jump of the cursor, a change of the rows, and a restart', async (t) => {
  const nats = await startNats(t);
  const first = await startBroker(t, { nats });
  await first.apply(bundleOf([grantOf('g', 'n')]));
  const results = await publish(first, ...Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? 'n' : 's')));
  const positions = results.map((result) => ('position' in result ? (result.position as number) : 0));
  await acknowledge(first, 'g', positions[14]!);
  t.equal(await unacknowledged(t, first, 'g'), 5);

  const back = JSON.stringify({ to: positions[5]!, reason: 'a test' });
  await mustCall({ url: first.url, token: READER }, 'PUT', '/v1/grants/g/cursors/default', back);
  t.equal(await unacknowledged(t, first, 'g'), 8, 'moved back');
  await first.apply({ grants: [grantOf('g', 's')] });
  t.equal(await unacknowledged(t, first, 'g'), 16, 'other rows');
  await first.apply({ grants: [grantOf('g')] });
  t.equal(await unacknowledged(t, first, 'g'), 24, 'all rows');

  const second = await startBroker(t, { nats });
  t.equal(await unacknowledged(t, second, 'g'), 24, 'another broker on the store');
  await publish(first, 'n', 's');
  await eventually(
    async () => (await lagOf(second, 'g'))?.unacknowledged === 26,
    'events that the other one took',
    WAIT_MS,
  );
  await acknowledge(second, 'g', positions[29]!);
  t.equal(await unacknowledged(t, first, 'g'), 2, 'acknowledged at the other one');
  await first.broker.drain();
  await second.broker.drain();
  const third = await startBroker(t, { nats });
  t.equal(await unacknowledged(t, third, 'g'), 2, 'after a restart');
  await third.broker.drain();
  const restored = await startBroker(t, { nats, config: { restored: true, confirmEnded: 'no-journal' } });
  t.equal(
    await unacknowledged(t, restored, 'g'),
    32,
    'a cursor of a previous epoch has acknowledged nothing in this one',
  );
});

t.test('a grant counts from its own history on', async (t) => {
  const broker = await startBroker(t);
  await broker.apply(bundleOf([grantOf('all')]));
  await publish(broker, 'n', 'n');
  await new Promise((resolve) => setTimeout(resolve, 5));
  const from = new Date().toISOString();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await broker.apply({ grants: [{ ...grantOf('late'), history: from }] });
  const results = await publish(broker, 'n', 's', 'n');
  const session = await open(t, broker.url);
  await (await session.subscribe({ grant: 'late', from: 'earliest' })).collect(3);
  await (await session.subscribe({ grant: 'all', from: 'earliest' })).collect(5);
  t.equal(await unacknowledged(t, broker, 'late'), 3);
  t.equal(await unacknowledged(t, broker, 'all'), 5);
  t.ok(results.every((result) => 'position' in result));
});

t.test(
  'a party sees its own grants, one that has ended is not reported, and nobody gets anything without a token',
  async (t) => {
    const broker = await startBroker(t);
    await broker.apply(bundleOf([grantOf('g')]));
    await publish(broker, 'n');
    await acknowledge(broker, 'g', 1);
    const operator = { token: broker.operatorToken };
    t.equal((await seriesOf(broker, 'g', operator)).lag_exact, 1, 'the operator sees all');
    t.equal((await seriesOf(broker, 'g', { ...operator, query: '?party=readers' })).lag_exact, 1);
    t.equal((await seriesOf(broker, 'g', { ...operator, query: '?party=registry' })).lag_exact, 1, 'as provider');
    t.strictSame(await seriesOf(broker, 'g', { ...operator, query: '?party=others' }), {});
    t.equal((await seriesOf(broker, 'g', { query: '?party=readers' })).lag_exact, 1);
    t.strictSame(
      await seriesOf(broker, 'g', { query: '?party=registry' }),
      {},
      'the party of somebody else has no series',
    );
    t.strictSame(await seriesOf(broker, 'g', { token: CLERK }), {}, 'an officer of a third party sees nothing');
    t.equal((await fetch(`${broker.url}/metrics/grants`)).status, 401);
    const wrong = await fetch(`${broker.url}/metrics/grants?partie=x`, {
      headers: { authorization: `Bearer ${READER}` },
    });
    t.equal(wrong.status, 400);
    t.match(await wrong.json(), { detail: /partie/ });

    const reason = JSON.stringify({ reason: 'a test' });
    await mustCall({ url: broker.url, token: broker.operatorToken }, 'POST', '/v1/grants/g/suspend', reason);
    t.strictSame(await seriesOf(broker, 'g', operator), {});
    await publish(broker, 'n', 'n');
    await mustCall({ url: broker.url, token: broker.operatorToken }, 'POST', '/v1/grants/g/restore', reason);
    t.equal((await seriesOf(broker, 'g', operator)).unacknowledged_events, 2, 'what came meanwhile counts');
  },
);

t.test(
  'accepted events of an entry are shown to its provider and to who oversees grants, and to nobody else',
  async (t) => {
    const broker = await startBroker(t);
    await broker.apply(bundleOf([grantOf('g', 'n')]));
    const accepted = async (token: string, query = ''): Promise<string | undefined> => {
      const { text } = await mustCall({ url: broker.url, token }, 'GET', `/metrics/grants${query}`);
      return /^sluice_entry_accepted_events_total\{entry="registry\.person",provider="registry"\} (\d+)$/m.exec(
        text,
      )?.[1];
    };
    t.equal(await accepted(broker.operatorToken), undefined, 'no series before the first event');
    await publish(broker, 'n', 's', 's');
    const [again] = await publish(broker, 's');
    const repeated = { specversion: '1.0' as const, id: `k${published}`, type: ENTRY, op: 'create' as const };
    const [duplicate] = await publishBatch({ url: broker.url, token: SOURCE }, [
      { ...repeated, data: { key: `k${published}`, district: 's' } },
      { ...repeated, id: 'refused', data: { key: 7 } } as never,
    ]);
    t.match(duplicate, { duplicate: true, position: (again as { position: number }).position });
    t.equal(await accepted(broker.operatorToken), '4', 'duplicates and refused events do not count');
    t.equal(await accepted(SOURCE), '4');
    t.equal(await accepted(EDITOR), '4');
    t.equal(await accepted(EDITOR, '?party=registry'), '4');
    t.equal(await accepted(broker.operatorToken, '?party=registry'), '4');
    t.equal(await accepted(broker.operatorToken, '?party=readers'), '4', 'of the entries that a party is granted');
    t.equal(await accepted(broker.operatorToken, '?party=others'), undefined);
    t.equal(await accepted(READER), undefined, 'a subscriber learns nothing of rows that it is not granted');
    t.equal(await accepted(READER, '?party=registry'), undefined);
    t.equal(await accepted(CLERK, '?party=registry'), undefined);
  },
);
