import { request as httpRequest } from 'node:http';
import { gunzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { startBroker, type TestBroker } from '../../support/broker/broker.js';
import { ENTRY, REFUSAL_BUNDLE, TOKENS } from '../../support/broker/refusal-bundle.js';
import { call } from '../../support/raw-client/raw-http.js';
import { ask, head, RawSocket } from '../../support/raw-client/raw-socket.js';

const READER = { authorization: `Bearer ${TOKENS.reader}` };

let shared: Promise<TestBroker> | undefined;

/** One broker for all tests that leave it as it was; gone when the file ends. */
function sharedBroker(): Promise<TestBroker> {
  shared ??= startWithEvent(t);
  return shared;
}

async function startWithEvent(t: Test, config = {}): Promise<TestBroker> {
  const broker = await startBroker(t, { config });
  await broker.apply(REFUSAL_BUNDLE);
  const event = { specversion: '1.0', id: 'e', type: ENTRY, op: 'create', data: { id: 's1', district: 'd1' } };
  await call({ url: broker.url, token: TOKENS.source }, 'POST', '/v1/events', JSON.stringify(event));
  return broker;
}

t.test('a request that reaches no route is refused with a problem that does not repeat it', async (t) => {
  const { url } = await sharedBroker();
  const cases: [string, string, number, string][] = [
    ['a malformed escape', head('GET /v1/grants/%zz/events', READER), 400, 'BAD_REQUEST'],
    ['another one', head('GET /%c0%80', READER), 400, 'BAD_REQUEST'],
    ['an escape cut off', head('GET /v1/catalog/a%4', READER), 400, 'BAD_REQUEST'],
    ['a path that nobody knows', head('GET /v1/zz', READER), 404, 'NOT_FOUND'],
    ['a bad request line', 'GET /zz HTTP/7\r\n\r\n', 400, 'BAD_REQUEST'],
    ['no HTTP at all', '\u0016\u0003\u0001zz\r\n\r\n', 400, 'BAD_REQUEST'],
    [
      'a head that is too large',
      head('GET /v1/catalog', { ...READER, 'x-zz': 'z'.repeat(20_000) }),
      431,
      'HEADERS_TOO_LARGE',
    ],
    ['a path that is too long', head(`GET /${'z'.repeat(20_000)}`, READER), 431, 'HEADERS_TOO_LARGE'],
    ['a long id', head(`GET /v1/grants/${'z'.repeat(10_000)}`, READER), 404, 'UNKNOWN_GRANT'],
    ['an expectation', head('GET /v1/catalog', { ...READER, expect: 'zz' }), 417, 'EXPECTATION_FAILED'],
    ['two lengths', head('POST /v1/tickets', { ...READER, 'content-length': '2, 3' }), 400, 'BAD_REQUEST'],
    ['a method of WebDAV', head('PROPFIND /v1/catalog', READER), 405, 'METHOD_NOT_ALLOWED'],
    [
      'an upgrade elsewhere',
      head('GET /v1/zz', { ...READER, connection: 'upgrade', upgrade: 'websocket' }),
      404,
      'NOT_FOUND',
    ],
    [
      'an upgrade to a bad address',
      head('GET //', { ...READER, connection: 'upgrade', upgrade: 'websocket' }),
      400,
      'BAD_REQUEST',
    ],
  ];
  for (const [name, request, status, code] of cases) {
    const answer = await ask(t, url, request);
    t.ok(answer.startsWith(`HTTP/1.1 ${status} `), `${name}: ${answer.slice(0, 30)}`);
    t.match(answer, /content-type: application\/problem\+json/i, name);
    t.match(answer, /cache-control: no-store/i, `${name} is kept by no cache`);
    t.match(answer, new RegExp(`"code":"${code}"`), name);
    if (name !== 'a long id') t.notMatch(answer, /zz/, `${name} is not repeated`);
  }
});

t.test('an upgrade that is no WebSocket is ignored and the request served', async (t) => {
  const { url } = await sharedBroker();
  const h2c = {
    ...READER,
    connection: 'Upgrade, HTTP2-Settings',
    upgrade: 'h2c',
    'http2-settings': 'AAMAAABkAAQCAAAAAAIAAAAA',
  };
  const socket = await RawSocket.open(t, url);
  socket.write(head('GET /v1/catalog', h2c));
  t.match(await socket.until(/\}$/), /^HTTP\/1\.1 200 /);
  const body = '{"position":1}';
  const headers = { ...h2c, 'content-type': 'application/json', 'content-length': body.length };
  socket.write(`${head('POST /v1/grants/g-shops/cursors/c', headers)}${body}`);
  await socket.until(/"position":1/);
  socket.write(head('GET /v1/grants/g-nothing', READER));
  t.match(await socket.until(/UNKNOWN_GRANT/), /HTTP\/1\.1 200 .*HTTP\/1\.1 200 .*HTTP\/1\.1 404 /s);
});

t.test('a client that waits before it sends its body is asked for it only when it may send', async (t) => {
  const { url } = await sharedBroker();
  const expecting = (token: string) =>
    head('POST /v1/events', {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': 100,
      expect: '100-continue',
    });
  const asked = await RawSocket.open(t, url);
  asked.write(expecting(TOKENS.source));
  await asked.until(/^HTTP\/1\.1 100 /);
  const refused = await RawSocket.open(t, url);
  refused.write(expecting(TOKENS.reader));
  t.match(await refused.until(/NOT_ALLOWED/), /^HTTP\/1\.1 403 .*connection: close/is);
});

t.test('a body that is refused for its size is read to its end, so that its client reads why', async (t) => {
  const { url } = await sharedBroker();
  const bytes = 8 * 1024 * 1024;
  const typed = { ...READER, 'content-type': 'application/json' };
  const post = (headers: object): string => head('POST /v1/grants/g-shops/cursors/c', { ...typed, ...headers });
  const announced = await RawSocket.open(t, url);
  announced.write(post({ 'content-length': bytes }));
  announced.write('x'.repeat(bytes));
  announced.write(head('GET /v1/grants/g-nothing', READER));
  t.match(await announced.until(/UNKNOWN_GRANT/), /^HTTP\/1\.1 413 .*TOO_LARGE.*HTTP\/1\.1 404 /s);
  const chunked = await RawSocket.open(t, url);
  chunked.write(post({ 'transfer-encoding': 'chunked' }));
  chunked.write(`${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n0\r\n\r\n`);
  chunked.write(head('GET /v1/grants/g-nothing', READER));
  t.match(await chunked.until(/UNKNOWN_GRANT/), /^HTTP\/1\.1 413 .*TOO_LARGE.*HTTP\/1\.1 404 /s);
});

t.test('other methods of a path are answered 405 with Allow, OPTIONS with Allow, HEAD without a body', async (t) => {
  const { url } = await sharedBroker();
  const ofCatalog = await fetch(`${url}/v1/catalog`, { method: 'DELETE' });
  t.match([ofCatalog.status, ofCatalog.headers.get('allow')], [405, 'GET, HEAD, OPTIONS']);
  t.match(await ofCatalog.json(), { code: 'METHOD_NOT_ALLOWED' });
  const ofEvents = await fetch(`${url}/v1/events`, { method: 'PUT', body: '{' });
  t.match([ofEvents.status, ofEvents.headers.get('allow')], [405, 'POST, OPTIONS']);
  const options = await fetch(`${url}/v1/grants/g-shops/suspend`, { method: 'OPTIONS' });
  t.match([options.status, options.headers.get('allow')], [204, 'POST, OPTIONS']);
  t.equal(options.headers.get('access-control-allow-origin'), null);
  const head = await fetch(`${url}/v1/catalog`, { method: 'HEAD', headers: READER });
  t.match([head.status, await head.text()], [200, '']);
});

t.test('a reason of the longest length is taken where every character is escaped', async (t) => {
  const broker = await startWithEvent(t);
  const operator = { url: broker.url, token: broker.operatorToken };
  const suspend = (characters: number) =>
    call(operator, 'POST', '/v1/grants/g-shops/suspend', `{"reason":"${'\\ud83d\\ude00'.repeat(characters)}"}`);
  t.match(await suspend(2_001), { status: 400, json: { code: 'BAD_REQUEST' } });
  t.match(await suspend(2_000), { status: 200, json: { status: 'suspended' } });
});

t.test('HEAD delivers nothing and counts as nothing', async (t) => {
  const broker = await startWithEvent(t);
  for (const accept of ['application/x-ndjson', 'text/event-stream', '*/*']) {
    const answer = await fetch(`${broker.url}/v1/grants/g-shops/events?from=earliest`, {
      method: 'HEAD',
      headers: { ...READER, accept },
    });
    t.match([answer.status, await answer.text()], [200, '']);
  }
  const operator = { url: broker.url, token: broker.operatorToken };
  const { json } = await call(operator, 'GET', `/v1/disclosures?entry=${ENTRY}&subject=s1`);
  t.match(json, { disclosures: [] });
});

t.test('scripts of configured origins may call the bus, and no others', async (t) => {
  const { url } = await startWithEvent(t, { http: { corsOrigins: ['https://console.example'] } });
  const preflight = (origin: string) =>
    fetch(`${url}/v1/events`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
  const allowed = await preflight('https://console.example');
  t.equal(allowed.headers.get('access-control-allow-origin'), 'https://console.example');
  t.equal(allowed.headers.get('access-control-allow-methods'), 'POST, OPTIONS');
  t.match(allowed.headers.get('access-control-allow-headers'), /Authorization/);
  const other = await preflight('https://elsewhere.example');
  t.equal(other.headers.get('access-control-allow-origin'), null);
  t.equal(other.headers.get('access-control-allow-methods'), null);
  t.equal(other.headers.get('vary'), 'Origin');
  const refused = await fetch(`${url}/v1/catalog`, { headers: { origin: 'https://console.example' } });
  t.equal(refused.status, 401);
  t.equal(
    refused.headers.get('access-control-allow-origin'),
    'https://console.example',
    'so that the script can read why',
  );
});

t.test('an answer says how long it may be kept, and one that has not changed is not sent again', async (t) => {
  const broker = await sharedBroker();
  const get = (path: string, headers = {}) => fetch(`${broker.url}${path}`, { headers: { ...READER, ...headers } });
  for (const suffix of ['', '/schema.json', '/event.proto', '/asyncapi.json']) {
    const first = await get(`/v1/catalog/${ENTRY}@1${suffix}`);
    const tag = first.headers.get('etag') ?? '';
    t.match(first.headers.get('cache-control'), /private.*immutable/, suffix);
    const [same, weak, any, stale] = await Promise.all(
      [tag, `"x", W/${tag}`, '*', '"stale"'].map((match) =>
        get(`/v1/catalog/${ENTRY}@1${suffix}`, { 'if-none-match': match }),
      ),
    );
    t.same(
      [same, weak, any, stale].map((answer) => answer?.status),
      [304, 304, 304, 200],
      suffix,
    );
    t.equal(await same?.text(), '');
    t.equal((await get(`/v1/catalog/${ENTRY}${suffix}`)).headers.get('cache-control'), 'private, no-cache');
  }
  for (const path of [
    '/v1/catalog',
    '/v1/grants',
    '/v1/grants/g-shops/events?from=earliest',
    '/v1/nothing',
    '/readyz',
  ]) {
    const { headers } = await get(path);
    t.match([headers.get('cache-control'), headers.get('x-content-type-options')], ['no-store', 'nosniff'], path);
  }
});

t.test('a page is compressed for a client that says so', async (t) => {
  const { url } = await sharedBroker();
  const page = (encoding: string): Promise<{ encoding: unknown; body: Buffer }> =>
    new Promise((resolve, reject) => {
      const headers = { ...READER, 'accept-encoding': encoding };
      httpRequest(`${url}/v1/grants/g-shops/events?from=earliest`, { headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => resolve({ encoding: answer.headers['content-encoding'], body: Buffer.concat(chunks) }));
      })
        .on('error', reject)
        .end();
    });
  for (const encoding of ['gzip', 'br;q=1.0, gzip;q=0.8', '*']) {
    const answer = await page(encoding);
    t.equal(answer.encoding, 'gzip', encoding);
    t.match(gunzipSync(answer.body).toString(), /"subject":"s1".*"through":1/s);
  }
  for (const encoding of ['identity', 'gzip;q=0', 'br']) {
    const answer = await page(encoding);
    t.equal(answer.encoding, undefined, encoding);
    t.match(answer.body.toString(), /"through":1/);
  }
});

t.test('Accept is read with its weights', async (t) => {
  const { url } = await sharedBroker();
  const typeFor = async (accept: string): Promise<string | null> => {
    const answer = await fetch(`${url}/v1/grants/g-shops/events?from=earliest`, { headers: { ...READER, accept } });
    await answer.body?.cancel();
    return answer.headers.get('content-type');
  };
  for (const accept of [
    '*/*',
    'application/x-ndjson',
    'text/event-stream;q=0',
    'text/event-stream;q=0.1, application/x-ndjson',
    'text/*',
  ]) {
    t.equal(await typeFor(accept), 'application/x-ndjson', accept);
  }
  for (const accept of [
    'text/event-stream',
    'TEXT/Event-Stream; charset=utf-8',
    '*/*;q=0.1, text/event-stream',
    'application/x-ndjson;q=0.5, text/event-stream;q=0.9',
  ]) {
    t.equal(await typeFor(accept), 'text/event-stream', accept);
  }
});

t.test('a browser reads server-sent events with a ticket, which works once', async (t) => {
  const { url } = await sharedBroker();
  const { json } = await call({ url, token: TOKENS.reader }, 'POST', '/v1/tickets');
  const address = `${url}/v1/grants/g-shops/events?from=earliest&ticket=${(json as { ticket: string }).ticket}`;
  const accept = 'text/event-stream';
  // A browser that has had no event yet sends an empty Last-Event-ID.
  const stream = await fetch(address, { headers: { accept, 'last-event-id': '' } });
  const reader = stream.body!.getReader();
  t.match(Buffer.from((await reader.read()).value ?? '').toString(), /"subject":"s1"/);
  await reader.cancel();
  t.match([(await fetch(address, { headers: { accept } })).status], [401]);
  t.match([(await fetch(`${url}/v1/catalog?ticket=x`)).status], [401], 'no other route takes tickets');
});
