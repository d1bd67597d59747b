import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import type { WebSocket } from 'ws';
import { TurnShare } from '../../proto/async/shared-turns.js';
import { FrameParserFeed } from './frame-parser-feed.js';

t.test('a large chunk is read in pieces as they are handled, and the session knows that some wait', async (t) => {
  const read: Buffer[] = [];
  const receiver = Object.assign(new EventEmitter(), {
    writableEnded: false,
    write: (piece: Buffer) => read.push(piece) > 0,
  });
  const tcp = Object.assign(new EventEmitter(), { resume: () => undefined });
  let handled = (): void => {};
  let busy: Promise<void> | undefined;
  let idle = 0;
  let received = 0;
  const feed = new FrameParserFeed(
    { _receiver: receiver, isPaused: false } as unknown as WebSocket,
    tcp as unknown as Socket,
    {
      received: (bytes) => (received += bytes),
      ready: () => busy,
      onIdle: () => idle++,
      share: new TurnShare(),
    },
  );
  await turn();
  t.equal(receiver.write(Buffer.from('small')), true, 'a small chunk is read at once');
  t.same([read.length, feed.isWaiting()], [1, false]);

  busy = new Promise((resolve) => (handled = resolve));
  const large = Buffer.from(Array.from({ length: 20_000 }, (_, i) => i % 251));
  t.equal(receiver.write(large), false);
  t.equal(receiver.write(Buffer.from('behind')), false, 'what follows waits behind it');
  t.equal(received, 'small'.length + large.length + 'behind'.length, 'everything counts as it comes');
  for (let i = 0; i < 5; i++) await turn();
  t.same([read.length, feed.isWaiting(), idle], [1, true, 0], 'nothing is read before the session is ready');
  busy = undefined;
  handled();
  while (feed.isWaiting()) await turn();
  t.equal(idle, 1, 'then the socket may be read again');
  t.ok(Math.max(...read.map(({ length }) => length)) <= 4096);
  t.same(Buffer.concat(read.slice(1)), Buffer.concat([large, Buffer.from('behind')]), 'in order');
});
