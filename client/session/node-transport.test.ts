import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { connectNode } from './node-transport.js';

t.test('compression is asked for in the form that the bus shares between sessions, and only on demand', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/stream`;
  const extensionsOf = async (compression: boolean): Promise<string | undefined> => {
    const upgraded = once(server, 'upgrade') as Promise<[IncomingMessage, { destroy(): void }]>;
    const target = { url, protocol: 'sluice.v1.json', token: undefined, compression } as const;
    connectNode(target, { message: () => undefined, closed: () => undefined });
    const [{ headers }, socket] = await upgraded;
    socket.destroy();
    return headers['sec-websocket-extensions'];
  };
  t.equal(await extensionsOf(false), undefined);
  const asked = await extensionsOf(true);
  t.match(asked, /^permessage-deflate;/);
  t.match(asked, /server_no_context_takeover/);
  t.match(asked, /client_no_context_takeover/);
});
