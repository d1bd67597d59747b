import t, { type Test } from 'tap';
import WebSocket from 'ws';
import type { DeliveredEvent } from '../../proto/event/event.js';
import { readText } from '../structure/source-tree.js';
import { startBroker, type TestBroker } from '../support/broker/broker.js';
import { RawRefusal, RawSession } from '../support/raw-client/raw-client.js';
import { call, mustCall, publishBatch } from '../support/raw-client/raw-http.js';

/** Checks statements of docs/protocol.md on a running broker that no other journey passes. */
const PARTY = 'fujian-civil-affairs';
const ENTRY = `${PARTY}.birth`;
const period = { from: '2020-01-01', to: '2099-12-31' };
const grant = (id: string, items: object[], more: object = {}): object => ({
  id,
  system: 'health',
  entry: ENTRY,
  items,
  purpose: 'p',
  basis: 'b',
  period,
  history: 'all',
  ...more,
});
const BUNDLE = {
  parties: [
    { id: PARTY, name: { en: 'Civil affairs' }, level: 'province', regionCode: '350000' },
    { id: 'fujian-health', name: { en: 'Health' }, level: 'province', regionCode: '350000' },
  ],
  systems: [
    { id: 'registry', party: PARTY, may: ['publish'], token: 'token-of-registry-0123456789' },
    { id: 'health', party: 'fujian-health', may: ['subscribe'], token: 'token-of-health-0123456789' },
  ],
  entries: [
    {
      id: ENTRY,
      name: 'births',
      sharingAttribute: 'conditional',
      items: [
        { name: 'idNumber', type: 'string', identifier: true },
        { name: 'name', type: 'string' },
        { name: 'birthDate', type: 'date' },
        { name: 'region', type: 'code', filterable: true },
      ],
    },
  ],
  grants: [
    grant('g-all', [
      { name: 'idNumber' },
      { name: 'name', transform: 'mask' },
      { name: 'birthDate', transform: 'year' },
    ]),
    grant('g-rows', [{ name: 'idNumber' }], { rows: { region: { is: 'here' } } }),
    grant('g-hash', [{ name: 'idNumber', transform: 'hash' }]),
  ],
};

async function openBus(t: Test): Promise<{ bus: TestBroker; source: Address; reader: Address }> {
  const bus = await startBroker(t, { config: { heartbeatMs: 60_000 } });
  await bus.apply(BUNDLE);
  const at = (token: string): Address => ({ url: bus.url, token });
  return { bus, source: at('token-of-registry-0123456789'), reader: at('token-of-health-0123456789') };
}

type Address = { url: string; token: string };

let made = 0;
const event = (op: string, subject: string | undefined, more: object = {}): object => ({
  specversion: '1.0',
  id: `e${++made}`,
  type: ENTRY,
  op,
  ...(subject === undefined ? {} : { subject }),
  ...more,
});
const record = (idNumber: string, region: string, more: object = {}): object => ({
  data: { idNumber, region, ...more },
});
const was = (region: string): object => ({ previous: { region } });

async function delivered(reader: Address, grantId: string, query = 'from=earliest'): Promise<DeliveredEvent[]> {
  const page = await mustCall(reader, 'GET', `/v1/grants/${grantId}/events?${query}`);
  return page.text
    .split('\n')
    .filter((line) => line.includes('"position"'))
    .map((line) => JSON.parse(line));
}

t.test('the delivered op depends on whether the record matched before and matches now', async (t) => {
  const { source, reader } = await openBus(t);
  await publishBatch(source, [
    event('create', 'a', record('a', 'here')),
    event('create', 'b', record('b', 'there')),
    event('update', 'a', { ...record('a', 'here'), ...was('here') }),
    event('update', 'b', { ...record('b', 'here'), ...was('there') }),
    event('update', 'a', { ...record('a', 'there'), ...was('here') }),
    event('update', 'a', { ...record('a', 'elsewhere'), ...was('there') }),
    event('correction', 'b', { ...record('b', 'here'), ...was('here'), corrects: 4 }),
    event('delete', 'b', was('here')),
    event('delete', 'a', was('elsewhere')),
    event('snapshot_begin', undefined, { snapshotid: 's' }),
    event('snapshot', 'c', { ...record('c', 'here'), snapshotid: 's' }),
    event('snapshot', 'd', { ...record('d', 'there'), snapshotid: 's' }),
    event('snapshot_end', undefined, { snapshotid: 's' }),
  ]);
  const seen = await delivered(reader, 'g-rows');
  t.strictSame(
    seen.map(({ position, op, subject, data }) => [position, op, subject, data !== undefined]),
    [
      [1, 'create', 'a', true],
      [3, 'update', 'a', true],
      [4, 'enter', 'b', true],
      [5, 'leave', 'a', false],
      [7, 'correction', 'b', true],
      [8, 'delete', 'b', false],
      [10, 'snapshot_begin', undefined, false],
      [11, 'snapshot', 'c', true],
      [13, 'snapshot_end', undefined, false],
    ],
  );
  t.equal(seen.find(({ op }) => op === 'correction')?.corrects, 4);
  t.equal(seen[0]?.id, `${ENTRY}@1`);
});

t.test('transformed items are strings, and the subject is hashed like the identifier', async (t) => {
  const { source, reader } = await openBus(t);
  await publishBatch(source, [
    event('create', 'a', record('a', 'here', { name: '陈小明', birthDate: '2026-11-22' })),
    event('update', 'a', { ...record('a', 'here', { name: '王' }), ...was('here') }),
    event('delete', 'a', was('here')),
  ]);
  const [first, second] = await delivered(reader, 'g-all');
  t.strictSame(first?.data, { idNumber: 'a', name: '陈**', birthDate: '2026' });
  t.strictSame(second?.data, { idNumber: 'a', name: '*' });
  const hashed = await delivered(reader, 'g-hash');
  const [hash] = hashed.map((one) => one.subject);
  t.match(hash, /^[0-9a-f]{64}$/);
  t.strictSame(
    hashed.map((one) => one.subject),
    [hash, hash, hash],
  );
  t.strictSame(hashed[0]?.data, { idNumber: hash });
});

interface EventStream {
  text(): string;
  readUntil(wanted: RegExp): Promise<void>;
  isOver(): Promise<boolean>;
}

async function openEventStream({ url, token }: Address, grantId: string): Promise<EventStream> {
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
  const answer = await fetch(`${url}/v1/grants/${grantId}/events?from=earliest`, { headers });
  const parts = (answer.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  return {
    text: () => text,
    async readUntil(wanted) {
      while (!wanted.test(text)) {
        const { done, value } = await parts.read();
        if (done) throw new Error(`it ended without ${wanted}`);
        text += Buffer.from(value).toString();
      }
    },
    isOver: async () => (await parts.read()).done,
  };
}

t.test('server-sent events continue live and end at once when the grant is suspended', async (t) => {
  const { bus, source, reader } = await openBus(t);
  await publishBatch(source, [event('create', 'a', record('a', 'here'))]);
  const { readUntil, isOver } = await openEventStream(reader, 'g-all');
  await readUntil(/^id: 1@\S+\ndata: \{.*\}\n\nevent: through\nid: 1@/);
  await publishBatch(source, [event('create', 'b', record('b', 'here'))]);
  await readUntil(/^id: 2@/m);
  // The heartbeat comes once a minute here, so it cannot be what ends the stream.
  const operator = { url: bus.url, token: bus.operatorToken };
  await mustCall(operator, 'POST', '/v1/grants/g-all/suspend', '{"reason":"why"}');
  await readUntil(/^event: ended\n(?:.*\n)*data: \{"code":"GRANT_NOT_IN_FORCE"/m);
  t.ok(await isOver());
});

t.test('server-sent events hold nothing for events of others before a heartbeat is due', async (t) => {
  const { source, reader } = await openBus(t);
  await publishBatch(source, [event('create', 'a', record('a', 'here'))]);
  const [all, rows] = [await openEventStream(reader, 'g-all'), await openEventStream(reader, 'g-rows')];
  await rows.readUntil(/^event: through\nid: 1@/m);
  for (const position of [2, 3, 4]) {
    await publishBatch(source, [event('create', `r${position}`, record(`r${position}`, 'there'))]);
    await all.readUntil(new RegExp(`^id: ${position}@`, 'm'));
  }
  await publishBatch(source, [event('create', 'e', record('e', 'here'))]);
  await rows.readUntil(/^id: 5@\S+\ndata: \{.*\}\n\nevent: through\nid: 5@/m);
  t.same(
    [...rows.text().matchAll(/^id: (\d+)@/gm)].map(([, position]) => position),
    ['1', '1', '5', '5'],
  );
});

t.test('the last line of a page is the start of the next one', async (t) => {
  const { source, reader } = await openBus(t);
  await publishBatch(
    source,
    ['a', 'b', 'c'].map((key) => event('create', key, record(key, 'here'))),
  );
  const first = (await mustCall(reader, 'GET', '/v1/grants/g-all/events?from=earliest&limit=2')).text
    .trim()
    .split('\n');
  const end = JSON.parse(first[2] as string);
  t.match(end, { through: 2, caughtUp: false });
  const rest = await delivered(reader, 'g-all', `from=${end.through}&log=${end.log}`);
  t.strictSame(
    rest.map((one) => one.position),
    [3],
  );
  const gone = await call(reader, 'GET', `/v1/grants/g-all/events?from=2&log=another`);
  t.match(gone, { status: 410, json: { code: 'POSITION_GONE', earliest: 0 } });
});

t.test('a rejected event is a dead letter until it is redriven under the grant of that time', async (t) => {
  const { source, reader } = await openBus(t);
  await publishBatch(source, [event('create', 'a', record('a', 'here'))]);
  const session = await RawSession.open({ ...reader, encoding: 'sluice.v1.json' });
  t.teardown(() => session.close());
  const { channel } = await openedOn(session, 'g-all');
  session.send({ kind: 'reject', channel, position: 1, reason: 'no such region' });
  await session.until(() => session.frames.some((frame) => frame.kind === 'acked'), 'acked');
  const path = '/v1/grants/g-all/dead-letters';
  const letter = { position: 1, cursor: 'default', reason: 'no such region', status: 'open' };
  t.match((await mustCall(reader, 'GET', path)).json, [letter]);
  t.match((await mustCall(reader, 'POST', `${path}/1/redrive`)).json, { position: 1, data: { idNumber: 'a' } });
  t.strictSame((await mustCall(reader, 'GET', path)).json, []);
  t.match(await call(reader, 'POST', `${path}/1/redrive`), { status: 404, json: { code: 'NOT_FOUND' } });
});

async function openedOn(session: RawSession, grantId: string): Promise<{ channel: number }> {
  session.send({ kind: 'subscribe', ref: 'r', grant: grantId, from: 'earliest' });
  await session.until(() => session.frames.some((frame) => frame.kind === 'caught_up'), 'the end of the log');
  return session.frames.find((frame) => frame.kind === 'subscribed') as { channel: number };
}

t.test('a cursor is refused with another narrowing, and an item that is not granted cannot narrow', async (t) => {
  const { reader } = await openBus(t);
  const session = await RawSession.open({ ...reader, encoding: 'sluice.v1.msgpack' });
  t.teardown(() => session.close());
  await t.rejects(session.subscribe({ grant: 'g-all', narrow: { region: { is: 'here' } } }), {
    code: 'UNKNOWN_PREDICATE',
  });
  await t.rejects(session.subscribe({ grant: 'g-all', from: { after: 5 } }), { code: 'POSITION_GONE' });
  await t.rejects(session.subscribe({ grant: 'g-none' }), RawRefusal);
  t.match(session.frames.filter((frame) => frame.kind === 'error')[1], { code: 'POSITION_GONE', earliest: 0 });
});

t.test('a ticket opens one session and is refused a second time', async (t) => {
  const { bus, reader } = await openBus(t);
  const { ticket } = (await mustCall(reader, 'POST', '/v1/tickets')).json as { ticket: string };
  const open = (): WebSocket => new WebSocket(`${bus.streamUrl}?ticket=${ticket}`, ['sluice.v1.json']);
  const first = open();
  t.match(JSON.parse(await new Promise<string>((resolve) => first.once('message', (data) => resolve(String(data))))), {
    kind: 'welcome',
  });
  t.equal(await new Promise((resolve) => open().once('close', resolve)), 4401);
  first.close();
});

t.test('a frame that cannot be decoded is answered with an error, then the session closes with 4400', async (t) => {
  const { reader } = await openBus(t);
  for (const encoding of ['sluice.v1.json', 'sluice.v1.msgpack', 'sluice.v1.protobuf'] as const) {
    const session = await RawSession.open({ ...reader, encoding });
    session.sendBytes(encoding === 'sluice.v1.json' ? '{"kind":"hello"}' : Buffer.from([0xc1]));
    await session.until(() => session.closed !== undefined, 'the end');
    t.match(session.frames.at(-1), { kind: 'error', code: 'BAD_FRAME' }, encoding);
    t.equal(session.closed?.code, 4400, encoding);
  }
});

t.test('every HTTP route that docs/protocol.md names exists', async (t) => {
  const { bus } = await openBus(t);
  const { paths } = (await (await fetch(`${bus.url}/docs/json`)).json()) as { paths: Record<string, object> };
  const shape = (path: string): string => path.replace(/[?#].*$/, '').replace(/\{[^}]*\}/g, '{}');
  const known = new Set(
    Object.entries(paths).flatMap(([path, calls]) =>
      Object.keys(calls).map((m) => `${m.toUpperCase()} ${shape(path)}`),
    ),
  );
  // OpenAPI has no word for a WebSocket, so the document leaves it out.
  known.add('GET /v1/stream');
  const named = [...readText('docs/protocol.md').matchAll(/\b(GET|POST|PUT|DELETE) +(\/[\w./{}-]+)/g)];
  const missing = named
    .map(([, method, path]) => `${method} ${shape(path as string)}`)
    .filter((call) => !known.has(call));
  t.ok(named.length > 8);
  t.strictSame(missing, []);
});
