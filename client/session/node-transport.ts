import { WebSocket } from 'ws';
import type { Transport, TransportHandlers, TransportTarget } from './transport.js';

/** An `events` frame is at most 1 MiB; welcome and error frames are small. Twice that is room for a later protocol. */
const MESSAGE_BYTES_MAX = 2 * 1024 * 1024;
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** WebSocket of Node by `ws`; the token travels as a header. */
export function connectNode(target: TransportTarget, handlers: TransportHandlers): Transport {
  let status: number | undefined;
  let failure: Error | undefined;
  const socket = new WebSocket(target.url, [target.protocol], {
    headers: target.token === undefined ? {} : { authorization: `Bearer ${target.token}` },
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  });
  socket.on('open', () => handlers.opened());
  socket.on('message', (data, isBinary) => handlers.message(data as Buffer, isBinary));
  socket.on('unexpected-response', (_request, response) => {
    status = response.statusCode;
    response.resume();
    socket.terminate();
  });
  socket.on('error', (error) => {
    failure ??= error;
  });
  socket.on('close', (code, reason) => handlers.closed({ code, reason: reason.toString(), status, error: failure }));
  return {
    send: (message) => socket.send(message),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
}
