import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { SluiceError } from '../../proto/errors.js';

/** Answers a request for a WebSocket with a problem over HTTP; there is no framework on this path. */
export function refuseUpgrade(socket: Duplex, error: SluiceError): void {
  const body = JSON.stringify(error.toProblem());
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? 'Error'}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  if (error.status === 401) head.push('WWW-Authenticate: Bearer');
  if (error.retryable) head.push('Retry-After: 1');
  // The peer may have gone already; there is nobody left to tell.
  socket.on('error', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
