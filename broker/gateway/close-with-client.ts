import type { Socket } from 'node:net';

/**
 * Closes the connection of a WebSocket when its client has ended it. The library would end its own half first: a call of the kernel more, and
 * it would end its reader twice, the second time with an error that nobody sees. In a reconnect storm that is all that a broken session does.
 *
 * To be called once the library listens to the socket. Nothing is lost that was sent before: the kernel has it, or it is waited for. See
 * docs/decisions/0386.
 */
export function closeWithClient(socket: Socket): void {
  socket.removeAllListeners('end');
  socket.on('end', () => {
    if (socket.writableLength === 0) socket.destroy();
    else socket.end();
  });
}
