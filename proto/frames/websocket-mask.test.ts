import { deepStrictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import t from 'tap';
import { maskWords } from './websocket-mask.js';

t.test('a range is masked as byte by byte, wherever it lies', async (t) => {
  const bytes = fc.uint8Array({ maxLength: 100 });
  fc.assert(
    fc.property(
      bytes,
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.nat(9),
      fc.nat(9),
      (given, mask, from, offset) => {
        const source = new Uint8Array([...new Uint8Array(from), ...given]).subarray(from);
        const output = new Uint8Array(offset + given.length + 3).fill(7);
        const expected = output.map((byte, i) => {
          const at = i - offset;
          return at >= 0 && at < given.length ? given[at]! ^ mask[at & 3]! : byte;
        });
        maskWords(source, mask, output, offset, source.length);
        deepStrictEqual(output, expected);
      },
    ),
  );
  t.pass();
});

t.test('the WebSocket library masks and unmasks by it', async (t) => {
  const node = http as {
    websocketMask?: typeof maskWords;
    websocketUnmask?: (bytes: Uint8Array, mask: Uint8Array) => void;
  };
  const { websocketMask, websocketUnmask } = node as Required<typeof node>;
  const calls = new Set<string>();
  node.websocketMask = (...range) => {
    calls.add('mask');
    websocketMask(...range);
  };
  node.websocketUnmask = (...range) => {
    calls.add('unmask');
    websocketUnmask(...range);
  };
  const { WebSocket, WebSocketServer } = await import('ws');
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.teardown(() => {
    socket.terminate();
    server.close();
  });
  const [[peer]] = (await Promise.all([once(server, 'connection'), once(socket, 'open')])) as [
    [typeof socket],
    unknown,
  ];
  const text = '陈小明 '.repeat(20_000);
  socket.send(Buffer.from(text), { binary: false });
  const [received] = (await once(peer, 'message')) as [Buffer];
  t.equal(received.toString(), text);
  t.same([...calls], ['mask', 'unmask'], 'else ws gets them otherwise, and websocket-mask.ts is to be removed');
});
