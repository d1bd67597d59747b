import type { FastifyInstance } from 'fastify';
import { FRAMES_PROTO } from '../../../proto/frames/frames-proto.js';
import { PROBLEMS } from '../server/problem-schema.js';
import '@fastify/swagger';
import { sendRevalidated } from '../server/response-headers.js';
import { DOCS_PAGE } from './docs-page.js';

/** The OpenAPI document, and a page that shows it without anything from elsewhere. */
export function docsRoutes(app: FastifyInstance): void {
  const hidden = { config: { access: 'open' as const }, schema: { hide: true } };
  app.get('/docs/json', hidden, (request, reply) => Promise.resolve(sendRevalidated(request, reply, app.swagger())));
  app.get('/v1/frames.proto', { config: { access: 'open' }, schema: FRAMES }, async (request, reply) => {
    reply.type('text/plain; charset=utf-8');
    return sendRevalidated(request, reply, FRAMES_PROTO);
  });
  app.get('/docs', hidden, async (request, reply) => {
    // Only the page's own script and style run or load.
    reply.header(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
    );
    reply.type('text/html; charset=utf-8');
    return sendRevalidated(request, reply, DOCS_PAGE);
  });
}

const FRAMES = {
  tags: ['stream'],
  summary: 'The frames of a session as a protobuf file',
  response: { 200: { type: 'string' }, ...PROBLEMS },
};
