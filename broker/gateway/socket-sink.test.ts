import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import type { WebSocket } from 'ws';
import { codecFor } from '../../proto/frames/frame-codec.js';
import { SocketSink } from './socket-sink.js';

const OPEN = { readyState: 1, OPEN: 1 } as WebSocket;

/** A sink on a real connection, and what arrives at the other end. */
async function sinkOf(t: Test) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as { port: number }).port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  t.teardown(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  let text = '';
  client.on('data', (chunk) => (text += chunk.toString('latin1')));
  const until = async (condition: (kinds: string[]) => boolean): Promise<string[]> => {
    for (;;) {
      const kinds = [...text.matchAll(/"kind":"(\w+)"/g)].map(([, kind]) => kind as string);
      if (condition(kinds)) return kinds;
      await once(client, 'data');
    }
  };
  const options = {
    codec: codecFor('sluice.v1.json'),
    maxBufferedBytes: 1e6,
    stalledMs: 1e4,
    onSlowConsumer: () => {},
  };
  return { sink: new SocketSink(OPEN, socket, options), until, socket };
}

t.test('a frame that may wait goes out before the next one, in the same write', async (t) => {
  const { sink, until, socket } = await sinkOf(t);
  let writes = 0;
  const write = socket.write.bind(socket);
  socket.write = ((bytes: Uint8Array) => {
    writes++;
    return write(bytes);
  }) as typeof socket.write;
  sink.sendSoon({ kind: 'acked', channel: 1, position: 2 });
  sink.sendSoon({ kind: 'acked', channel: 1, position: 3 });
  sink.sendFrame({ kind: 'caught_up', channel: 1, position: 3 });
  t.strictSame(await until((kinds) => kinds.length === 3), ['acked', 'acked', 'caught_up']);
  t.equal(writes, 1);
});

t.test('a frame that may wait goes out by itself when no other follows, and before the sink closes', async (t) => {
  const { sink, until } = await sinkOf(t);
  sink.sendSoon({ kind: 'acked', channel: 1, position: 2 });
  t.strictSame(await until((kinds) => kinds.length === 1), ['acked']);
  sink.sendSoon({ kind: 'acked', channel: 1, position: 3 });
  sink.close();
  sink.sendSoon({ kind: 'acked', channel: 1, position: 4 });
  t.strictSame(await until((kinds) => kinds.length === 2), ['acked', 'acked']);
});

t.test(
  'a frame that may wait less than the one that waits already takes both with it when its time has come',
  async (t) => {
    const { sink, until } = await sinkOf(t);
    const beganMs = performance.now();
    sink.sendSoon({ kind: 'acked', channel: 1, position: 2 }, 60_000);
    sink.sendSoon({ kind: 'acked', channel: 1, position: 3 }, 1);
    t.strictSame(await until((kinds) => kinds.length === 2), ['acked', 'acked']);
    t.ok(performance.now() - beganMs < 30_000);
  },
);
