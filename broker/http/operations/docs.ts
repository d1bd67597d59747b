import type { FastifyInstance } from 'fastify';
import '@fastify/swagger';
import { sendRevalidated } from '../server/response-headers.js';
import { DOCS_PAGE } from './docs-page.js';

/** The OpenAPI document, and a page that shows it without anything from elsewhere. */
export function docsRoutes(app: FastifyInstance): void {
  const hidden = { config: { access: 'open' as const }, schema: { hide: true } };
  app.get('/docs/json', hidden, (request, reply) => Promise.resolve(sendRevalidated(request, reply, app.swagger())));
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
