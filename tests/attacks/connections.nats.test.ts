import t from 'tap';
import { startBroker } from '../support/broker/broker.js';
import { ENTRY, REFUSAL_BUNDLE, TOKENS } from '../support/broker/refusal-bundle.js';
import { eventually } from '../support/condition.js';
import { RawSession } from '../support/raw-client/raw-client.js';
import { call } from '../support/raw-client/raw-http.js';
import { ask, head, RawSocket } from '../support/raw-client/raw-socket.js';

const FEW = 64;
const config = { http: { maxConnections: FEW } };

t.test('silent connections keep nobody out: a new one closes the one that was idle for longest', async (t) => {
  const broker = await startBroker(t, { config });
  const silent = await Promise.all(Array.from({ length: FEW + 10 }, () => RawSocket.open(t, broker.url)));
  const unfinished = await Promise.all(Array.from({ length: 10 }, () => RawSocket.open(t, broker.url)));
  for (const socket of unfinished) socket.write('GET /readyz HTTP/1.1\r\nhost: ');
  const operator = { url: broker.url, token: broker.operatorToken };
  for (let i = 0; i < 20; i++) t.equal((await call(operator, 'GET', '/readyz')).status, 200);
  await Promise.all(silent.slice(0, 10).map((socket) => socket.closed));
});

t.test('one credential cannot take the connections of all', async (t) => {
  const broker = await startBroker(t, { config });
  await broker.apply(REFUSAL_BUNDLE);
  const reader = { url: broker.url, token: TOKENS.reader };
  const sessions: RawSession[] = [];
  t.teardown(() => Promise.all(sessions.map((session) => session.close())));
  for (let i = 0; i < 10; i++) sessions.push(await RawSession.open({ ...reader, encoding: 'sluice.v1.json' }));
  const stream = (token: string) =>
    fetch(`${broker.url}/v1/grants/g-shops/events`, {
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
    });
  const open = await Promise.all(Array.from({ length: 6 }, () => stream(reader.token)));
  t.same([...new Set(open.map(({ status }) => status))], [200]);
  const refused = await stream(reader.token);
  t.match([refused.status, await refused.json()], [429, { code: 'TOO_MANY', detail: /at most 16/ }]);
  await t.rejects(RawSession.open({ ...reader, encoding: 'sluice.v1.json' }), /429/);
  const other = { url: broker.url, token: TOKENS.stranger };
  sessions.push(await RawSession.open({ ...other, encoding: 'sluice.v1.json' }));
  await Promise.all(open.map((answer) => answer.body?.cancel()));
  await eventually(async () => (await stream(reader.token)).status === 200, 'a slot to be given back', 30_000);
});

const broker = await startBroker(t);
await broker.apply(REFUSAL_BUNDLE);

t.test('requests in one packet are served one at a time, in order, and not without bound', async (t) => {
  const ask = (path: string): string => head(`GET ${path}`, { authorization: `Bearer ${TOKENS.reader}` });
  const socket = await RawSocket.open(t, broker.url);
  socket.write(Array.from({ length: 20 }, (_, i) => ask(i === 19 ? '/v1/grants/g-nothing' : '/v1/catalog')).join(''));
  const answers = (await socket.until(/UNKNOWN_GRANT/)).match(/HTTP\/1\.1 \d{3}/g);
  t.same(answers, [...Array.from({ length: 19 }, () => 'HTTP/1.1 200'), 'HTTP/1.1 404']);
  const flood = await RawSocket.open(t, broker.url);
  flood.write(ask('/v1/grants/g-shops/events').repeat(500));
  await flood.closed;
  t.equal((await call({ url: broker.url, token: TOKENS.reader }, 'GET', '/v1/catalog')).status, 200);
});

t.test('a connection becomes no WebSocket while the answer to a request is still to come', async (t) => {
  const accept = { authorization: `Bearer ${TOKENS.reader}`, accept: 'text/event-stream' };
  const socket = await RawSocket.open(t, broker.url);
  const key = `${'A'.repeat(22)}==`;
  const upgrade = {
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': 13,
    'sec-websocket-key': key,
  };
  socket.write(head('GET /v1/grants/g-shops/events', accept) + head('GET /v1/stream', { ...accept, ...upgrade }));
  await socket.closed;
  t.notMatch(socket.received, /HTTP\/1\.1 101/);
});

t.test('requests that wait behind another one take little memory, whatever their heads hold', async (t) => {
  const lines = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`x${i}`, '']));
  const waiting = head('GET /v1/catalog', { authorization: `Bearer ${TOKENS.reader}`, ...lines });
  const socket = await RawSocket.open(t, broker.url);
  const accept = { authorization: `Bearer ${TOKENS.reader}`, accept: 'text/event-stream' };
  socket.write(head('GET /v1/grants/g-shops/events', accept));
  await socket.until(/event-stream/);
  socket.write(waiting.repeat(3));
  socket.write(waiting.repeat(20));
  await socket.closed;
});

t.test('a head of more than 200 lines is refused, and none of them is left out', async (t) => {
  const lines = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, '']));
  const authorization = `Bearer ${TOKENS.reader}`;
  // Beside the host.
  t.match(await ask(t, broker.url, head('GET /v1/catalog', { ...lines(198), authorization })), /^HTTP\/1\.1 200 /);
  const upgrade = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': 13 };
  for (const more of [{}, upgrade]) {
    const answer = await ask(t, broker.url, head('GET /v1/stream', { authorization, ...more, ...lines(2_500) }));
    t.match(answer, /^HTTP\/1\.1 431 .*"code":"HEADERS_TOO_LARGE"/s);
  }
});

t.test('a request that a proxy could read in another way is refused, and its connection is closed', async (t) => {
  const broker = await startBroker(t);
  await broker.apply(REFUSAL_BUNDLE);
  const reader = `authorization: Bearer ${TOKENS.reader}`;
  const hidden = `GET /v1/catalog HTTP/1.1\r\nhost: x\r\n${reader}\r\n\r\n`;
  const post = ['content-type: application/json', `authorization: Bearer ${TOKENS.source}`];
  const upgrade = [
    'connection: upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    `sec-websocket-key: ${'A'.repeat(22)}==`,
  ];
  const requests: Record<string, string[]> = {
    'without a Host': ['GET /v1/catalog HTTP/1.1', reader],
    'of another version': ['GET /v1/catalog HTTP/2.0', 'host: x', reader],
    'for two hosts': ['GET /v1/catalog HTTP/1.1', 'host: x', 'host: y', reader],
    'by two callers': ['GET /v1/catalog HTTP/1.1', 'host: x', reader, `Authorization: Bearer ${TOKENS.source}`],
    'of two lengths': ['POST /v1/events HTTP/1.1', 'host: x', ...post, 'content-length: 0', 'content-length: 9'],
    'of a length and chunks': [
      'POST /v1/events HTTP/1.1',
      'host: x',
      ...post,
      'content-length: 5',
      'transfer-encoding: chunked',
    ],
    'of deflated chunks': ['POST /v1/events HTTP/1.1', 'host: x', ...post, 'transfer-encoding: deflate, chunked'],
    'of two types': [
      'POST /v1/events HTTP/1.1',
      'host: x',
      ...post,
      'content-type: application/x-ndjson',
      'content-length: 2',
    ],
    'for a WebSocket by two callers': ['GET /v1/stream HTTP/1.1', 'host: x', ...upgrade, reader, reader],
  };
  for (const [what, lines] of Object.entries(requests)) {
    const socket = await RawSocket.open(t, broker.url);
    socket.write(`${lines.join('\r\n')}\r\n\r\n${what.includes('chunks') ? '0\r\n\r\n' : ''}${hidden}`);
    await socket.closed;
    t.match(socket.received, /^HTTP\/1\.1 400 .*problem\+json.*"code":"BAD_REQUEST"/s, what);
    t.equal(socket.received.match(/HTTP\/1\.1 \d/g)?.length, 1, `${what}: nothing behind it is served`);
  }
});

t.test('guessing tokens is slowed down, and delays no valid token', async (t) => {
  const guess = async (): Promise<number> =>
    (await call({ url: broker.url, token: 'a-token-that-nobody-has-got' }, 'GET', '/v1/catalog')).status;
  const statuses = await Promise.all(Array.from({ length: 300 }, guess));
  t.ok(statuses.filter((status) => status === 401).length >= 100);
  t.ok(statuses.includes(429));
  await t.rejects(
    RawSession.open({ url: broker.url, token: 'another-guess-of-a-token', encoding: 'sluice.v1.json' }),
    /429/,
  );
  const event = { specversion: '1.0', id: 'e', type: ENTRY, op: 'create', data: { id: 's1' } };
  const source = { url: broker.url, token: TOKENS.source };
  t.equal((await call(source, 'POST', '/v1/events', JSON.stringify(event))).status, 201);
  const metrics = await (await fetch(`${broker.url}/metrics`)).text();
  t.match(metrics, /sluice_logins_failed_total\{failure="token"\} 1\d\d$/m);
  t.match(metrics, /sluice_logins_failed_total\{failure="throttled"\}/);
});
