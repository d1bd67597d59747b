import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { connect as connectClient } from '@nats-io/transport-node';
import t, { type Test } from 'tap';
import { eventually } from '../../tests/support/condition.js';
import { startConfigured } from '../../tests/support/nats/nats-configured.js';
import { TcpProxy } from '../../tests/support/tcp-proxy.js';
import { connectBus } from './bus.js';

const portOf = (url: string): number => Number(new URL(url).port);
/** The client waits for ten seconds where it does not notice a refusal: so many attempts would take three minutes. */
const ATTEMPTS = 20;

/** A connection over a proxy to a server with this configuration, and the reasons of its failed attempts to reconnect. */
async function connected(t: Test, configuration: string) {
  const port = portOf(await startConfigured(t, (storeDir) => `jetstream { store_dir: ${storeDir} }\n${configuration}`));
  const proxy = await TcpProxy.start(t, { host: '127.0.0.1', port });
  const bus = await connectBus({ servers: `nats://127.0.0.1:${proxy.port}`, name: 'test' });
  t.teardown(() => bus.close());
  const reasons: string[] = [];
  bus.onReconnectFailed((why, server) => reasons.push(`${server}: ${why}`));
  const failing = (why: RegExp, attempts = 1): Promise<void> =>
    eventually(
      async () => reasons.filter((one) => why.test(one)).length >= attempts,
      `attempts to fail: ${why}`,
      60_000,
    );
  return { port, proxy, bus, reasons, failing };
}

async function listener(t: Test, onConnection: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    // The client leaves a first connection that timed out open.
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

t.test(
  'a connection is tried again at once while the server has as many as it takes, and why is reported',
  async (t) => {
    const { port, proxy, bus, reasons, failing } = await connected(t, 'max_connections: 1');
    await proxy.cut();
    await failing(/connection refused/);
    const other = await connectClient({ servers: `nats://127.0.0.1:${port}` });
    await proxy.restore();
    const beganMs = performance.now();
    await failing(/^127\.0\.0\.1:\d+: .*maximum connections exceeded/i, ATTEMPTS);
    t.ok(performance.now() - beganMs < 60_000, 'no attempt waits for the time-out of the client');
    t.match(bus.whyDown, /maximum connections exceeded/i, 'for the readiness of the broker');
    await other.close();
    await eventually(async () => bus.isUp(), 'the connection to be back', 20_000);
    t.notMatch(reasons.join(), /answer/, 'every reason is that of the server');
  },
);

t.test(
  'the reason is reported when the server refuses the log-in, or closes the connection without a word',
  async (t) => {
    const { port, proxy, bus, failing } = await connected(t, '');
    const locked = portOf(await startConfigured(t, () => 'authorization { user: "a", password: "b" }'));
    proxy.retarget(locked);
    await proxy.cut();
    await proxy.restore();
    await failing(/authorization violation/i);
    proxy.retarget(await listener(t, (socket) => socket.destroy()));
    await failing(/closed the connection without an answer/, ATTEMPTS);
    proxy.retarget(port);
    await eventually(async () => bus.isUp(), 'the connection to be back', 20_000);
  },
);

t.test('a first connection says why the server did not take it', async (t) => {
  const url = await startConfigured(t, () => 'max_connections: 1');
  const other = await connectClient({ servers: url });
  const silent = await listener(t, () => undefined);
  const [full, mute] = await Promise.allSettled(
    [url, `nats://127.0.0.1:${silent}`].map((servers) => connectBus({ servers, name: 'test' })),
  );
  t.match(full, { reason: { message: /^NATS at nats:\S+ cannot be used: maximum connections exceeded$/i } });
  t.match(mute, { reason: { message: /cannot be used: it does not answer in time$/ } });
  await other.close();
});
