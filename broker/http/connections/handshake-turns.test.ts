import { EventEmitter } from 'node:events';
import type { Server, Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { beginHandshakesInTurns } from './handshake-turns.js';

const HANDSHAKES = 30;

t.test('handshakes whose first bytes come at once are begun over several turns, others not at all', async (t) => {
  const server = new EventEmitter();
  let begun = 0;
  // Stands for the listener of the TLS server itself.
  server.on('connection', () => {
    begun++;
    for (const until = performance.now() + 5; performance.now() < until; );
  });
  beginHandshakesInTurns(server as Server, 60_000);
  const socketOf = () => Object.assign(new EventEmitter(), { destroyed: false, resume() {}, destroy() {} });
  const sockets = Array.from({ length: HANDSHAKES + 1 }, socketOf);
  for (const socket of sockets) server.emit('connection', socket as unknown as Socket);
  await nextTurn();
  t.equal(begun, 0, 'nothing has come');
  for (const socket of sockets.slice(1)) socket.emit('readable');
  let most = begun;
  while (begun < HANDSHAKES) {
    const before = begun;
    await nextTurn();
    most = Math.max(most, begun - before);
  }
  t.ok(most <= 4, `${most} in one turn`);
  for (const socket of sockets) socket.emit('close');
});
