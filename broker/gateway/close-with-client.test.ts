import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { closeWithClient } from './close-with-client.js';

const BACKLOG = Buffer.alloc(16 * 1024 * 1024, 'x');

/** A connection whose server side is `socket`; the client does not read yet. */
async function connection(t: Test): Promise<{ client: Socket; socket: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  t.teardown(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ port: (server.address() as { port: number }).port, host: '127.0.0.1', allowHalfOpen: true });
  t.teardown(() => client.destroy());
  const [socket] = (await once(server, 'connection')) as [Socket];
  t.teardown(() => socket.destroy());
  client.pause();
  socket.resume();
  return { client, socket };
}

t.test('a socket to which nothing is owed closes at once with its client, whatever the library would do', async (t) => {
  const { client, socket } = await connection(t);
  socket.on('end', () => t.fail('the listener of the library was called'));
  closeWithClient(socket);
  client.end();
  await once(socket, 'close');
  t.equal(socket.writableEnded, false, 'its own half was not ended first');
});

t.test('a client that has ended the connection still gets everything that was sent before', async (t) => {
  const { client, socket } = await connection(t);
  closeWithClient(socket);
  socket.write(BACKLOG);
  client.end();
  await once(socket, 'end');
  t.ok(socket.writableLength > 0, 'the client has not read, so that bytes wait here');
  let received = 0;
  client.on('data', (chunk: Buffer) => (received += chunk.length)).resume();
  await once(client, 'close');
  t.equal(received, BACKLOG.length);
});
