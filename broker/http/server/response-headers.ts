import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isBodyUnasked } from '../connections/refused-requests.js';

/** A client that was refused may send the rest of its body for this long; it is thrown away. */
const REFUSED_BODY_MS_MAX = 5_000;
const ONE_YEAR = 'private, max-age=31536000, immutable';

/** Headers of every answer: nothing is kept by a cache or guessed at by a browser unless its route says otherwise. */
export function addResponseHeaders(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    reply.header('x-content-type-options', 'nosniff');
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    // The client has its answer before its body was asked for: it may send it or not, so nothing can follow here.
    if (isBodyUnasked(request.raw)) reply.header('connection', 'close');
    // The framework closes after every body that was refused: amid what a client still sends, who then never reads why.
    else reply.removeHeader('connection');
    return payload;
  });
  app.addHook('onResponse', async ({ raw }) => {
    if (raw.complete) return;
    raw.resume();
    const timer = setTimeout(() => raw.socket.destroy(), REFUSED_BODY_MS_MAX);
    timer.unref();
    raw.once('close', () => clearTimeout(timer));
    raw.once('end', () => clearTimeout(timer));
  });
}

/** Sends what never changes under this address, or 304 to a client that has it. */
export function sendImmutable(request: FastifyRequest, reply: FastifyReply, body: object | string): FastifyReply {
  return sendTagged(request, reply, body, ONE_YEAR);
}

/** Sends what may change, so that a client asks each time, and gets 304 as long as it has not. */
export function sendRevalidated(request: FastifyRequest, reply: FastifyReply, body: object | string): FastifyReply {
  return sendTagged(request, reply, body, 'private, no-cache');
}

function sendTagged(request: FastifyRequest, reply: FastifyReply, body: object | string, cache: string): FastifyReply {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const tag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  reply.headers({ etag: tag, 'cache-control': cache });
  if (namesTag(request.headers['if-none-match'], tag)) return reply.code(304).send();
  if (!reply.hasHeader('content-type')) reply.type('application/json; charset=utf-8');
  return reply.send(text);
}

function namesTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);
}
