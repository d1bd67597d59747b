import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { SluiceError } from '../../../proto/errors.js';
import { refuseOnSocket } from '../../gateway/refuse-on-socket.js';
import { isAmidAnswer } from './answer-in-service.js';

/** Requests whose client waits for `100 Continue` before it sends the body, with their responses. */
const waitingForContinue = new WeakMap<IncomingMessage, ServerResponse>();

/** Asks the client for the body, when it waits for that. To be called once the body is wanted. */
export function askForBody(request: IncomingMessage): void {
  waitingForContinue.get(request)?.writeContinue();
  waitingForContinue.delete(request);
}

/** Whether the client still waits before it sends a body: after an answer without one the connection is of no more use. */
export const isBodyUnasked = (request: IncomingMessage): boolean => waitingForContinue.has(request);

/** `Expect: 100-continue` goes to its route without a word, any other expectation is refused. */
export function listenForExpectations(server: Server, serve: RequestListener): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waitingForContinue.set(request, response);
    serve(request, response as Parameters<RequestListener>[1]);
  });
  server.on('checkExpectation', (request: IncomingMessage) => {
    refuseOnSocket(request.socket, new SluiceError('EXPECTATION_FAILED', 'only Expect: 100-continue is understood'));
  });
}

/** Each takes memory beside its characters, and what is behind the last one that is read could change the meaning of a request. */
export const HEADER_LINES_MAX = 200;

/** Node keeps the first of several such lines, a proxy perhaps the last: two of them would see two different requests. */
const SINGLE = new Set(['host', 'authorization', 'content-type', 'content-encoding']);

/**
 * Why a request could mean something else to a proxy in front of the broker, so that it would be served for somebody else or with a
 * body that ends elsewhere; undefined when it could not.
 */
export function headFlaw({ rawHeaders, headers, httpVersion }: IncomingMessage): SluiceError | undefined {
  if (rawHeaders.length > 2 * HEADER_LINES_MAX) return headersTooLarge();
  const flaw = (what: string): SluiceError => new SluiceError('BAD_REQUEST', `the head of the request ${what}`);
  // The parser takes 2.0 and 0.9 as well, of which a proxy makes something else.
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return flaw('has another version than HTTP/1.1');
  if (headers.host === undefined && httpVersion !== '1.0') return flaw('has no Host');
  const { 'transfer-encoding': coding } = headers;
  if (coding !== undefined && !/^chunked$/i.test(coding)) return flaw('has a Transfer-Encoding other than chunked');
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    if (!SINGLE.has(name)) continue;
    if (seen.has(name)) return flaw(`has ${name} twice`);
    seen.add(name);
  }
  return undefined;
}

/** Refuses what `headFlaw` finds, and ends the connection, since nobody knows where the next request would begin. */
export function refuseFlawedHeads(serve: RequestListener): RequestListener {
  return (request, response) => {
    const flaw = headFlaw(request);
    if (flaw) refuseOnSocket(request.socket, flaw);
    else serve(request, response);
  };
}

/** Answers what the parser could not read. Its messages may quote the client, so they are not repeated. */
export function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || isAmidAnswer(socket)) socket.destroy();
  else refuseOnSocket(socket, problemOf(error.code));
}

function problemOf(code: string | undefined): SluiceError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return headersTooLarge();
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new SluiceError('REQUEST_TIMEOUT', 'the head of the request was not complete in time');
    default:
      return new SluiceError('BAD_REQUEST', 'the request is not HTTP/1.1 as RFC 9112 defines it');
  }
}

const headersTooLarge = (): SluiceError =>
  new SluiceError(
    'HEADERS_TOO_LARGE',
    `the address and the headers have more than 16 KiB, or ${HEADER_LINES_MAX} lines`,
  );
