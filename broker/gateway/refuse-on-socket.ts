import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { SluiceError } from '../../proto/errors.js';

/** A peer that does not take the answer keeps its descriptor no longer than this. */
const LINGER_MS = 2000;

/**
 * Answers on a bare socket with a problem over HTTP and closes it: for requests that the framework never gets to see,
 * such as refused handshakes and lines that are no HTTP. Ending the socket alone would leave it half open, and its
 * descriptor with the peer, who may never close.
 */
export function refuseOnSocket(socket: Duplex, error: SluiceError, extraHeaders: readonly string[] = []): void {
  const body = JSON.stringify(error.toProblem());
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? 'Error'}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
    ...extraHeaders,
  ];
  if (error.status === 401) head.push('WWW-Authenticate: Bearer');
  if (error.retryable) head.push('Retry-After: 1');
  const destroy = (): void => void socket.destroy();
  socket.on('error', destroy);
  const timer = setTimeout(destroy, LINGER_MS);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, destroy);
}
