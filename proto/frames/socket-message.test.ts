import type { Writable } from 'node:stream';
import fc from 'fast-check';
import t from 'tap';
import * as ws from 'ws';
import { socketMessage } from './socket-message.js';

/** The library's reader of frames, which its types leave out. */
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };

/** The message that a WebSocket client reads from the bytes. */
async function received(wire: Buffer): Promise<{ data: Buffer; isBinary: boolean }> {
  const receiver = new Receiver({ isServer: false });
  return new Promise((resolve, reject) => {
    receiver.on('message', (data: Buffer, isBinary: boolean) => resolve({ data, isBinary }));
    receiver.on('error', reject);
    receiver.write(wire);
  });
}

t.test('a client reads the message that was sent, whatever its length', async (t) => {
  for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]) {
    const bytes = Buffer.alloc(length, 'é');
    t.strictSame(await received(socketMessage(bytes)), { data: bytes, isBinary: true }, `${length} bytes`);
  }
});

t.test('texts go out as UTF-8 text messages', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
      const { data, isBinary } = await received(socketMessage(text));
      return !isBinary && data.toString() === Buffer.from(text).toString();
    }),
  );
});
