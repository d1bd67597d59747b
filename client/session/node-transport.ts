import '../../proto/frames/websocket-mask.js';

import { WebSocket } from 'ws';
import type { Transport, TransportHandlers, TransportTarget } from './transport.js';

/** An `events` frame has at most 1 MiB; twice that leaves a margin for later versions of the protocol. */
const MESSAGE_BYTES_MAX = 2 * 1024 * 1024;
/** The form that the bus takes: each message by itself. It shares the compressed frames between its sessions. */
const COMPRESSION = { serverNoContextTakeover: true, clientNoContextTakeover: true };
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Connects by the `ws` library; the token is sent as a header. */
export function connectNode(target: TransportTarget, handlers: TransportHandlers): Transport {
  let status: number | undefined;
  let failure: Error | undefined;
  const socket = new WebSocket(target.url, [target.protocol], {
    headers: target.token === undefined ? {} : { authorization: `Bearer ${target.token}` },
    perMessageDeflate: target.compression && COMPRESSION,
    // The inflated size, where a message is compressed.
    maxPayload: MESSAGE_BYTES_MAX,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  });
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
    sendText: (utf8) => socket.send(utf8, { binary: false }),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
}
