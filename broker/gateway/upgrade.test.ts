import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { CALLERS, connectClient, startGateway, TestClient } from '../../tests/support/broker/gateway.js';
import { eventually } from '../../tests/support/condition.js';
import { UnfinishedFrames } from './unfinished-frames.js';

/** The answer to a refused handshake, over HTTP. */
async function refusal(t: Test, url: string, protocols: string[], token?: string) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const socket = new WebSocket(url, protocols, { headers });
  socket.on('error', () => {});
  t.teardown(() => socket.terminate());
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  let body = '';
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, type: response.headers['content-type'], code: JSON.parse(body).code };
}

const handshake = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nhost: broker\r\n${headers}connection: upgrade\r\nupgrade: websocket\r\n` +
  'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

t.test('a handshake without a valid token of a system is refused over HTTP with a problem', async (t) => {
  const { url } = await startGateway(t);
  const type = 'application/problem+json; charset=utf-8';
  t.same(await refusal(t, url, []), { status: 401, type, code: 'NOT_AUTHENTICATED' });
  t.same(await refusal(t, url, [], 'wrong'), { status: 401, type, code: 'NOT_AUTHENTICATED' });
  t.same(await refusal(t, url, [], 'officer-token'), { status: 403, type, code: 'NOT_ALLOWED' });
  t.same(await refusal(t, url, ['other.v9'], 'system-token'), { status: 400, type, code: 'BAD_REQUEST' });
  t.same(await refusal(t, url.replace('/stream', '/other'), [], 'system-token'), {
    status: 404,
    type,
    code: 'NOT_FOUND',
  });
});

t.test('the first known subprotocol is taken; without one the frames are JSON', async (t) => {
  const { url } = await startGateway(t);
  const options = { headers: { authorization: 'Bearer system-token' } };
  const several = new WebSocket(url, ['other.v9', 'sluice.v1.msgpack', 'sluice.v1.json'], options);
  t.teardown(() => several.terminate());
  await once(several, 'open');
  t.equal(several.protocol, 'sluice.v1.msgpack');
  const none = new WebSocket(url, options);
  t.teardown(() => none.terminate());
  const [data, isBinary] = (await once(none, 'message')) as [Buffer, boolean];
  t.equal(none.protocol, '');
  t.notOk(isBinary);
  t.match(JSON.parse(data.toString()), { kind: 'welcome', heartbeatMs: 60_000, limits: { maxSubscriptions: 2 } });
});

t.test('a ticket opens one session; the second use closes with 4401', async (t) => {
  const { url, tickets } = await startGateway(t);
  const { ticket } = tickets.issue('system-token');
  await connectClient(t, `${url}?ticket=${ticket}`, 'sluice.v1.json', {});
  const second = new TestClient(`${url}?ticket=${ticket}`, 'sluice.v1.json', {});
  t.match(await second.closed, { code: 4401 });
});

t.test("an officer's ticket opens no session", async (t) => {
  const { url, tickets } = await startGateway(t);
  const { ticket } = tickets.issue('officer-token');
  t.match(await new TestClient(`${url}?ticket=${ticket}`, 'sluice.v1.json', {}).closed, { code: 4403 });
});

t.test('a session whose credential is withdrawn, or loses a right, is closed with 4403', async (t) => {
  const callers = { ...CALLERS };
  const same = (text: string): string => text;
  const ownerOf = (digest: string) => callers[digest];
  const recordOf = (id: string) => ({ kind: 'system', id, time: new Date().toISOString() }) as const;
  const credentials = { digestOf: same, digestOfSubject: same, ownerOf };
  const { url, gateway, leases } = await startGateway(t, { credentials });
  const first = await connectClient(t, url);
  leases.onRecord(recordOf('reader'));
  leases.onRecord(recordOf('somebody-else'));
  t.equal(gateway.sessions, 1, 'nothing has changed');
  callers['system-token'] = { kind: 'system', id: 'reader', party: 'service', may: ['publish'] };
  leases.onRecord(recordOf('reader'));
  t.match(await first.closed, { code: 4403 });
  const second = await connectClient(t, url);
  delete callers['system-token'];
  leases.onRecord(recordOf('reader'));
  t.match(await second.closed, { code: 4403 });
});

t.test('a refused handshake gives its descriptor back though its client never closes', async (t) => {
  const { url, connections } = await startGateway(t);
  const { port } = new URL(url);
  for (const path of ['/v1/stream', '/v1/other', '/v1/stream?ticket=none', '//']) {
    const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    t.teardown(() => socket.destroy());
    socket.write(handshake(path));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    t.match(answer.toString(), /^HTTP\/1\.1 4\d\d |not valid/, path);
  }
  await eventually(async () => (await connections()) === 0, 'the server to close what it refused', 10_000);
});

t.test('a handshake that is no WebSocket is refused with a problem', async (t) => {
  const { url } = await startGateway(t);
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
  socket.write(handshake('/v1/stream', 'authorization: Bearer system-token\r\n').replace('version: 13', 'version: 7'));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  t.match(answer.toString(), /^HTTP\/1\.1 400 .*application\/problem\+json.*BAD_REQUEST/s);
});

t.test('frames that never end are bounded over all sessions', async (t) => {
  const { url, gateway } = await startGateway(t, { unfinished: new UnfinishedFrames(200 * 1024) });
  const clients = await Promise.all(Array.from({ length: 4 }, () => connectClient(t, url)));
  // The head of a frame of 120,000 bytes, and all of it but its end.
  const head = Buffer.from([0x81, 0xfe, 0, 0, 0, 0, 0, 0]);
  for (const client of clients) {
    const tcp = (client.socket as unknown as { _socket: Socket })._socket;
    tcp.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 1, 0xd4, 0xc0, 0, 0, 0, 0]));
    tcp.write(Buffer.alloc(100_000, head));
  }
  t.match(await Promise.race(clients.map((client) => client.closed)), { code: 4429 });
  await eventually(() => gateway.sessions <= 2, 'what is over the bound to be closed', 10_000);
  t.ok(gateway.sessions >= 1, 'and no more than that');
});

t.test('sessions are bounded', async (t) => {
  const { url } = await startGateway(t, { limits: { maxSessions: 1 } });
  await connectClient(t, url);
  t.match(await refusal(t, url, [], 'system-token'), { status: 429, code: 'TOO_MANY' });
});
