import type { Server, Socket } from 'node:net';
import { sharedTurn, TurnShare } from '../../../proto/async/shared-turns.js';
import { PacedCiphertext, showPeer } from './paced-ciphertext.js';

type Listener = (socket: Socket) => void;

/**
 * Begins handshakes of TLS as the event loop has time for them.
 *
 * A handshake takes a millisecond of the loop, most of it when the client's first bytes are read, and 400 connections may be accepted or
 * send them in one turn. So Node's server gets a connection when its first bytes are there and it is the turn of handshakes, which have one share.
 * One that sends nothing costs no handshake. It relies on the listener of Node's server (docs/decisions/0390).
 */
export function beginHandshakesInTurns(server: Server, firstBytesMsMax: number): void {
  const share = new TurnShare();
  const [begin] = server.listeners('connection') as [Listener | undefined];
  if (!begin)
    throw new TypeError(
      `the TLS server of Node ${process.version} takes connections in a form that is not known here: use the Node of package.json`,
    );
  server.off('connection', begin);
  // Ahead of all who want to know the address of the client.
  server.prependListener('secureConnection', showPeer);
  const inTurn = async (socket: Socket): Promise<void> => {
    await sharedTurn(share);
    if (!socket.destroyed) begin.call(server, new PacedCiphertext(socket) as unknown as Socket);
  };
  server.on('connection', (socket: Socket) => {
    const timer = setTimeout(() => socket.destroy(), firstBytesMsMax);
    const end = (): void => clearTimeout(timer);
    socket.once('close', end);
    socket.on('error', () => undefined);
    socket.once('readable', () => {
      end();
      void inTurn(socket);
    });
  });
}
