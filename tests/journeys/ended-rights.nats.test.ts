import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import t from 'tap';
import { startBroker, type TestBroker } from '../support/broker/broker.js';
import { eventually } from '../support/condition.js';
import { RawSession } from '../support/raw-client/raw-client.js';
import { call, mustCall, publishBatch } from '../support/raw-client/raw-http.js';
import { head, RawSocket } from '../support/raw-client/raw-socket.js';

const ENTRY = 'registry.person';
const SOURCE = 'token-of-the-source-0123456789';
const READER = 'token-of-the-reader-0123456789';
/** A right that has ended must end every stream within this time. */
/** The bus has a second, which `npm run bench -- revocation` measures; here a busy machine may take longer. */
const LAST_BYTE_MS_MAX = 10_000;
/** A client that does not answer the close frame of a session without a right is cut off after it. */
const CLOSE_ANSWER_MS = 500;

const bundle = (items: string[]): object => ({
  parties: ['registry', 'health'].map((id) => ({ id, name: id, level: 'county', regionCode: '350102' })),
  systems: [
    { id: 'source', party: 'registry', may: ['publish'], token: SOURCE },
    { id: 'reader', party: 'health', may: ['subscribe'], token: READER },
  ],
  entries: [
    {
      id: ENTRY,
      name: 'Persons',
      sharingAttribute: 'conditional',
      items: [
        { name: 'id', type: 'string', identifier: true },
        { name: 'name', type: 'string' },
      ],
    },
  ],
  grants: [
    {
      id: 'g',
      system: 'reader',
      entry: ENTRY,
      items: items.map((name) => ({ name })),
      purpose: 'test',
      basis: 'test',
      period: { from: '2020-01-01', to: '2099-12-31' },
      history: 'all',
    },
  ],
});

const event = (i: number, name = 'Ann'): object => ({
  specversion: '1.0',
  id: `e${i}`,
  type: ENTRY,
  op: 'create',
  data: { id: `p${i}`, name },
});

async function startBus(t: Parameters<typeof startBroker>[0]): Promise<TestBroker> {
  const bus = await startBroker(t);
  await bus.apply(bundle(['id', 'name']));
  return bus;
}

/** Ends of rights under which something was open: how many, and the seconds to the last byte of all together. */
async function revocations({ url }: TestBroker): Promise<{ count: number; seconds: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = (name: string): number =>
    Number(new RegExp(`^sluice_revocation_to_last_byte_seconds_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return { count: value('count'), seconds: value('sum') };
}

/** Receipts that cover the first event. */
async function disclosures({ url, operatorToken }: TestBroker): Promise<unknown[]> {
  const { json } = await call({ url, token: operatorToken }, 'GET', `/v1/disclosures?entry=${ENTRY}&subject=p1`);
  return (json as { disclosures: unknown[] }).disclosures;
}

const oneRevocation = (bus: TestBroker, of: string): Promise<void> =>
  eventually(async () => (await revocations(bus)).count === 1, `the end of ${of} to be measured`, 30_000);

const withdraw = (bus: TestBroker, system: string): Promise<unknown> =>
  mustCall({ url: bus.url, token: bus.operatorToken }, 'POST', `/v1/systems/${system}/renew-token`);

interface Watched {
  request: ClientRequest;
  response: IncomingMessage;
  text(): string;
  /** When the last byte arrived and when the connection closed, on the monotonic clock. */
  lastByteMs(): number;
  closed: Promise<void>;
}

/** A request whose body may stay open, with its response as it arrives. */
async function watch(
  bus: TestBroker,
  token: string,
  path: string,
  send?: (out: ClientRequest) => void,
): Promise<Watched> {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(send ? { 'content-type': 'application/x-ndjson' } : { accept: 'text/event-stream' }),
  };
  const out = request(`${bus.url}${path}`, { method: send ? 'POST' : 'GET', headers });
  out.on('error', () => undefined);
  if (send) send(out);
  else out.end();
  const [response] = (await once(out, 'response')) as [IncomingMessage];
  let text = '';
  let lastByteMs = 0;
  response.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    lastByteMs = performance.now();
  });
  response.on('error', () => undefined);
  const { socket } = response;
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { request: out, response, text: () => text, lastByteMs: () => lastByteMs, closed };
}

t.test(
  'withdrawing a token ends server-sent events with the reason, and nothing published later arrives',
  async (t) => {
    const bus = await startBus(t);
    await publishBatch({ url: bus.url, token: SOURCE }, [event(1)]);
    const stream = await watch(bus, READER, '/v1/grants/g/events?from=earliest');
    await eventually(() => stream.text().includes('"p1"'), 'the first event', 10_000);
    const withdrawnAtMs = performance.now();
    await withdraw(bus, 'reader');
    await publishBatch({ url: bus.url, token: SOURCE }, [event(2)]);
    await eventually(() => /event: ended/.test(stream.text()), 'the stream to end', 30_000);
    t.match(stream.text(), /NOT_AUTHENTICATED/);
    t.ok(
      stream.lastByteMs() - withdrawnAtMs < LAST_BYTE_MS_MAX,
      `last byte after ${stream.lastByteMs() - withdrawnAtMs} ms`,
    );
    t.notMatch(stream.text(), /"p2"/);
    await oneRevocation(bus, 'the event stream');
  },
);

t.test('withdrawing a token ends an idle upload with the reason and closes its connection', async (t) => {
  const bus = await startBus(t);
  const upload = await watch(bus, SOURCE, '/v1/events', (out) => out.write(`${JSON.stringify(event(1))}\n`));
  await eventually(() => upload.text().includes('"position"'), 'the first result', 10_000);
  const withdrawnAtMs = performance.now();
  await withdraw(bus, 'source');
  upload.request.write(`${JSON.stringify(event(2))}\n`);
  await upload.closed;
  const closedAfterMs = performance.now() - withdrawnAtMs;
  t.ok(closedAfterMs < LAST_BYTE_MS_MAX, `closed after ${closedAfterMs} ms`);
  t.match(upload.text(), /NOT_AUTHENTICATED/);
  await oneRevocation(bus, 'the upload');
  const { text } = await mustCall({ url: bus.url, token: READER }, 'GET', '/v1/grants/g/events?from=earliest');
  t.match(text, /"p1"/);
  t.notMatch(text, /"p2"/, 'what was sent after the withdrawal is not stored');
});

t.test('a body that was still being sent when its token was withdrawn publishes nothing', async (t) => {
  const bus = await startBus(t);
  const out = request(`${bus.url}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${SOURCE}`, 'content-type': 'application/cloudevents+json' },
  });
  const body = JSON.stringify(event(1));
  out.write(body.slice(0, 10));
  await new Promise((resolve) =>
    out.once('socket', (socket) => (socket.connecting ? socket.once('connect', resolve) : resolve(0))),
  );
  await withdraw(bus, 'source');
  out.end(body.slice(10));
  const [response] = (await once(out, 'response')) as [IncomingMessage];
  response.resume();
  t.equal(response.statusCode, 401);
  const { text } = await mustCall({ url: bus.url, token: READER }, 'GET', '/v1/grants/g/events?from=earliest');
  t.notMatch(text, /"p1"/);
});

t.test('withdrawing a token closes a WebSocket session in time, also of a client that does not answer', async (t) => {
  const bus = await startBus(t);
  const session = await RawSession.open({ url: bus.url, token: READER, encoding: 'sluice.v1.json' });
  const withdrawnAtMs = performance.now();
  await withdraw(bus, 'reader');
  await session.until(() => session.closed !== undefined, 'the session to end');
  t.match(session.closed, { code: 4403 });
  t.ok(performance.now() - withdrawnAtMs < LAST_BYTE_MS_MAX);
});

t.test('the last byte of a session is its close frame, whether or not the client answers it', async (t) => {
  const bus = await startBus(t);
  const socket = await RawSocket.open(t, bus.url);
  socket.write(
    head('GET /v1/stream', {
      connection: 'Upgrade',
      upgrade: 'websocket',
      authorization: `Bearer ${READER}`,
      'sec-websocket-version': '13',
      'sec-websocket-key': 'MDEyMzQ1Njc4OWFiY2RlZg==',
      'sec-websocket-protocol': 'sluice.v1.json',
    }),
  );
  await socket.until(/welcome/);
  const closed = socket.closed.then(() => Date.now());
  await withdraw(bus, 'reader');
  await oneRevocation(bus, 'the session');
  const operator = { url: bus.url, token: bus.operatorToken };
  const { json } = await mustCall(operator, 'GET', '/v1/ledger?kind=system&id=reader');
  const { records } = json as { records: { time: string }[] };
  const lastByteAtMs = Date.parse(records.at(-1)!.time) + (await revocations(bus)).seconds * 1000;
  t.ok((await closed) - lastByteAtMs > CLOSE_ANSWER_MS / 2, 'the time in which a client may answer does not count');
});

t.test('withdrawing a token drops a page that its reader has not read', async (t) => {
  const bus = await startBus(t);
  const source = { url: bus.url, token: SOURCE };
  // Twice its bytes as JSON: a page has 4 MiB of records, and a kernel takes nearly as much for a client that does not read.
  const large = '"'.repeat(50_000);
  for (let i = 0; i < 4; i++)
    await publishBatch(
      source,
      Array.from({ length: 60 }, (_, k) => event(i * 60 + k, large)),
    );
  const pages = await RawSocket.open(t, bus.url);
  pages.socket.pause();
  // One page, or two, fit into the buffers of the kernel on many machines; four do not.
  const get = (connection: string): string =>
    head('GET /v1/grants/g/events?from=earliest', { authorization: `Bearer ${READER}`, connection });
  pages.write(get('keep-alive').repeat(3) + get('close'));
  await eventually(async () => (await disclosures(bus)).length > 0, 'the first page to be made', 30_000);
  await withdraw(bus, 'reader');
  const endedAtMs = performance.now();
  pages.socket.resume();
  await pages.closed;
  const count = (pattern: RegExp): number => pages.received.match(pattern)?.length ?? 0;
  const [begun, whole] = [count(/HTTP\/1\.1 200 /g), count(/"through"/g)];
  t.ok(begun > 0 && whole < 4, `of four pages ${begun} were begun and ${whole} arrived whole`);
  if (whole < begun) await oneRevocation(bus, 'the page');
  t.comment(`closed after ${Math.round(performance.now() - endedAtMs)} ms with ${pages.received.length} bytes`);
});

t.test('a grant that loses an item ends server-sent events with the reason', async (t) => {
  const bus = await startBus(t);
  const stream = await watch(bus, READER, '/v1/grants/g/events?from=earliest');
  await eventually(() => stream.text().includes('event: through'), 'the first page', 10_000);
  await bus.apply(bundle(['id']));
  await publishBatch({ url: bus.url, token: SOURCE }, [event(1)]);
  await eventually(() => /event: ended/.test(stream.text()), 'the stream to end', 30_000);
  t.match(stream.text(), /GRANT_CHANGED/);
  t.notMatch(stream.text(), /"p1"/);
  const { text } = await mustCall({ url: bus.url, token: READER }, 'GET', '/v1/grants/g/events?from=earliest');
  t.notMatch(text, /Ann/);
});

t.test('HEAD on the events of a grant counts as no delivery', async (t) => {
  const bus = await startBus(t);
  await publishBatch({ url: bus.url, token: SOURCE }, [event(1)]);
  const answer = await fetch(`${bus.url}/v1/grants/g/events?from=earliest`, {
    method: 'HEAD',
    headers: { authorization: `Bearer ${READER}` },
  });
  t.ok([200, 405].includes(answer.status), `status ${answer.status}`);
  t.same(await disclosures(bus), []);
});

t.test('an act whose body was still being sent when the token of its officer was withdrawn does nothing', async (t) => {
  const bus = await startBus(t);
  const officer = {
    id: 'editor',
    party: 'registry',
    roles: ['catalog_editor'],
    token: 'token-of-the-editor-0123456789',
  };
  await bus.apply({ ...bundle(['id', 'name']), officers: [officer] });
  const out = request(`${bus.url}/v1/catalog/registry.other`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${officer.token}`, 'content-type': 'application/json' },
  });
  const body = JSON.stringify({ id: 'registry.other', name: 'Other', sharingAttribute: 'unconditional', items: [] });
  out.write(body.slice(0, 10));
  const [socket] = (await once(out, 'socket')) as [Socket];
  if (socket.connecting) await once(socket, 'connect');
  await mustCall({ url: bus.url, token: bus.operatorToken }, 'POST', '/v1/officers/editor/renew-token');
  out.end(body.slice(10));
  const [response] = (await once(out, 'response')) as [IncomingMessage];
  response.resume();
  t.equal(response.statusCode, 401);
});
