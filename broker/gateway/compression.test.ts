import { once } from 'node:events';
import type { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { type ClientOptions, WebSocket } from 'ws';
import { codecFor } from '../../proto/frames/frame-codec.js';
import type { EventsFrame, PublishFrame, SourceEventInput } from '../../proto/frames/frames.js';
import { SUBPROTOCOLS } from '../../proto/frames/frames.js';
import { socketMessage } from '../../proto/frames/socket-message.js';
import { startGateway, stored, subscriptionOf, TestClient } from '../../tests/support/broker/gateway.js';
import type { FrameSink } from '../stream/subscriber.js';
import { asksForSharedCompression, FrameDeflater } from './frame-deflater.js';

const ASKING: ClientOptions = {
  headers: { authorization: 'Bearer system-token' },
  perMessageDeflate: { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 },
};

const EVENTS: EventsFrame = {
  kind: 'events',
  channel: 7,
  through: 40,
  events: Array.from({ length: 40 }, (_none, index) => ({
    id: `service.thing@${index + 1}`,
    position: index + 1,
    type: 'service.thing',
    subject: `licence-${index}`,
    time: '2026-11-29T08:00:00.000Z',
    op: 'create',
    data: { licence: `licence-${index}`, activity: 'Retail Sales of Perishable Foods' },
  })),
};

/** Bytes that the client has received from the network. */
const received = ({ socket }: TestClient): number => (socket as unknown as { _socket: Socket })._socket.bytesRead;

async function open(t: Test, url: string, encoding: TestClient['encoding'], options?: ClientOptions) {
  const client = new TestClient(url, encoding, options);
  t.teardown(() => client.socket.terminate());
  await client.next('welcome');
  return client;
}

for (const encoding of SUBPROTOCOLS) {
  t.test(`clients with and without compression get the same events by ${encoding}`, async (t) => {
    const sinks: FrameSink[] = [];
    const { url } = await startGateway(t, {
      deflater: new FrameDeflater(() => 0),
      subscriptions: {
        subscribe: async (request) => {
          sinks.push(request.sink);
          return subscriptionOf(request);
        },
      },
    });
    const compressed = [await open(t, url, encoding, ASKING), await open(t, url, encoding, ASKING)];
    const plain = await open(t, url, encoding);
    const clients = [...compressed, plain];
    for (const client of clients) {
      client.send({ kind: 'subscribe', ref: 'a', grant: 'g' });
      await client.next('subscribed');
    }
    const before = clients.map(received);
    const message = socketMessage(codecFor(encoding).encode(EVENTS));
    // Twice: the second must not refer to the first.
    for (const sink of sinks) for (const _time of [1, 2]) sink.send(message);
    const frames = [];
    for (const client of clients) frames.push([await client.next('events'), await client.next('events')]);
    const expected = codecFor(encoding).decodeServer(
      Buffer.from(codecFor(encoding).encode(EVENTS)),
      encoding !== 'sluice.v1.json',
    );
    for (const both of frames) t.same(both, [expected, expected]);
    const sizes = clients.map((client, index) => received(client) - before[index]!);
    t.equal(sizes[2], message.length * 2, 'no compression unless it was asked for');
    t.ok(sizes[0]! < message.length, `${sizes[0]} bytes for twice ${message.length}`);
    t.equal(sizes[1], sizes[0]);
  });

  t.test(`what a client compresses is taken by ${encoding}`, async (t) => {
    const published: unknown[] = [];
    const { url } = await startGateway(t, {
      intake: {
        publish: (_caller, events) => {
          published.push(...events);
          return Promise.all((events as SourceEventInput[]).map(stored));
        },
      },
    });
    const events: PublishFrame['events'] = [
      { specversion: '1.0', id: 'e-1', type: 'service.thing', op: 'create', data: { name: 'n'.repeat(5_000) } },
    ];
    for (const options of [ASKING, undefined]) {
      const client = await open(t, url, encoding, options);
      for (const ref of ['1', '2']) {
        client.send({ kind: 'publish', ref, events });
        t.match(await client.next('published'), { ref, results: [{ id: 'e-1' }] });
      }
    }
    const [first, ...others] = published.map((event) => JSON.stringify(event));
    t.same(others, [first, first, first]);
  });
}

t.test('the answer to the handshake allows no context takeover on either way', async (t) => {
  const { url } = await startGateway(t);
  const socket = new WebSocket(url, ['sluice.v1.json'], {
    headers: { authorization: 'Bearer system-token' },
    perMessageDeflate: { serverNoContextTakeover: true },
  });
  t.teardown(() => socket.terminate());
  const [response] = await once(socket, 'upgrade');
  const { 'sec-websocket-extensions': extensions } = response.headers;
  t.match(extensions, /^permessage-deflate;/);
  t.match(extensions, /server_no_context_takeover/);
  t.match(extensions, /client_no_context_takeover/);
});

t.test('compression is negotiated only with those who ask for it in this form, unless it is off', async (t) => {
  const on = await startGateway(t);
  const off = await startGateway(t, { limits: { compression: false } });
  const headers = { authorization: 'Bearer system-token' };
  for (const [url, perMessageDeflate] of [
    [on.url, true],
    [on.url, { serverNoContextTakeover: true, serverMaxWindowBits: 10 }],
    [off.url, { serverNoContextTakeover: true }],
  ] as const) {
    const client = await open(t, url, 'sluice.v1.json', { headers, perMessageDeflate });
    t.equal(client.socket.extensions, '');
  }
  t.ok(asksForSharedCompression('x-other, permessage-deflate; client_max_window_bits; server_no_context_takeover'));
  t.notOk(asksForSharedCompression('permessage-deflate; client_max_window_bits'));
  t.notOk(asksForSharedCompression(undefined));
});

t.test('a small message that inflates to a large one is refused', async (t) => {
  const { url } = await startGateway(t);
  const bomb = await open(t, url, 'sluice.v1.json', ASKING);
  bomb.socket.send(' '.repeat(64 * 1024 * 1024));
  t.match(await bomb.closed, { code: 1009 });
  const large = await open(t, url, 'sluice.v1.json', ASKING);
  large.socket.send(' '.repeat(200 * 1024));
  t.match(await large.next('error'), { code: 'TOO_LARGE' });
  t.match(await large.closed, { code: 4400 });
});

const LARGE = { limits: { maxFrameBytes: 1024 * 1024, maxSessions: 100 } };
const ackOf = (channel: number): string => JSON.stringify({ kind: 'ack', channel, position: 1 });

t.test('parts of compressed messages count with what they inflate to', async (t) => {
  const { url } = await startGateway(t, LARGE);
  const attackers = await Promise.all(Array.from({ length: 24 }, () => open(t, url, 'sluice.v1.json', ASKING)));
  // Two kilobytes on the wire each, and together twice of what all sessions may hold unfinished.
  for (const { socket } of attackers) socket.send(' '.repeat(1.9 * 1024 * 1024), { fin: false, compress: true });
  t.match(await Promise.race(attackers.map(({ closed }) => closed)), { code: 4429 });
  for (const { socket } of attackers) socket.terminate();
  const honest = await open(t, url, 'sluice.v1.json', ASKING);
  for (const channel of [1, 2]) {
    honest.socket.send(ackOf(channel).slice(0, 20), { fin: false });
    honest.socket.ping();
    honest.socket.send(ackOf(channel).slice(20));
    t.match(await honest.next('error'), { channel }, 'an honest message in two parts is taken');
  }
});

t.test('a packet full of messages that inflate to large ones is handled in order', async (t) => {
  const { url } = await startGateway(t, LARGE);
  const client = await open(t, url, 'sluice.v1.json', ASKING);
  const channels = Array.from({ length: 40 }, (_none, index) => index + 1);
  for (const channel of channels) client.socket.send(ackOf(channel).padEnd(512 * 1024));
  const answered: unknown[] = [];
  for (const _channel of channels) answered.push((await client.next('error')).channel);
  t.same(answered, channels);
});

t.test('a frame is compressed once, where that pays and while the core has time', async (t) => {
  let utilization = 0;
  const deflater = new FrameDeflater(() => utilization);
  const message = socketMessage('a licence, '.repeat(1_000));
  const first = deflater.deflated(message);
  t.ok(first.length < message.length / 10);
  t.equal(deflater.deflated(message), first);
  const small = socketMessage('a'.repeat(1_000));
  t.equal(deflater.deflated(small), small);
  const dense = socketMessage(Buffer.from(Array.from({ length: 3_000 }, (_none, i) => (i * i * 2_654_435_761) >>> 24)));
  t.ok(deflater.deflated(dense).length <= dense.length);
  utilization = 0.95;
  const other = socketMessage('a permit, '.repeat(1_000));
  t.equal(deflater.deflated(other), other);
  t.equal(deflater.deflated(message), first, 'what is there is used');
});
