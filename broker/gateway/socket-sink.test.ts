import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import type { WebSocket } from 'ws';
import { codecFor } from '../../proto/frames/frame-codec.js';
import { socketMessage } from '../../proto/frames/socket-message.js';
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

/** The bytes of an `events` frame for this sink, filled up to a size. */
const eventsOf = (through: number, bytes = 0): Uint8Array =>
  socketMessage(Buffer.from(JSON.stringify({ kind: 'events', through, filler: 'x'.repeat(bytes) })));

t.test('held frames go out in order and in one write, with what is sent behind them', async (t) => {
  const { sink, until, socket } = await sinkOf(t);
  const emptyBytes = socket.bytesWritten;
  sink.hold(eventsOf(1));
  sink.hold(eventsOf(2));
  t.equal(socket.bytesWritten, emptyBytes, 'nothing is written yet');
  t.ok(sink.bufferedBytes() > 0, 'and yet it counts as unwritten');
  sink.writeHeld();
  t.strictSame(await until((kinds) => kinds.length === 2), ['events', 'events']);
  sink.hold(eventsOf(3));
  sink.sendFrame({ kind: 'ended', channel: 1, code: 'GRANT_NOT_IN_FORCE', lastPosition: 3, reason: 'r' });
  t.strictSame((await until((kinds) => kinds.length === 4)).slice(2), ['events', 'ended']);
  t.equal(sink.bufferedBytes(), 0);
  const writtenBytes = socket.bytesWritten;
  sink.writeHeld();
  t.equal(socket.bytesWritten, writtenBytes, 'nothing is held any more');
});

t.test('large frames that are held go out in order too, and before the sink closes', async (t) => {
  const { sink, until } = await sinkOf(t);
  for (let through = 1; through <= 3; through++) sink.hold(eventsOf(through, 20_000));
  sink.sendSoon({ kind: 'acked', channel: 1, position: 3 });
  sink.close();
  sink.hold(eventsOf(4));
  sink.writeHeld();
  t.strictSame(await until((kinds) => kinds.length === 4), ['events', 'events', 'events', 'acked']);
});

t.test('waiting until everything is written writes what is held', async (t) => {
  const { sink, until } = await sinkOf(t);
  sink.hold(eventsOf(1));
  await new Promise<void>((resolve) => sink.whenWritten(resolve, 60_000));
  t.strictSame(await until((kinds) => kinds.length === 1), ['events']);
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
