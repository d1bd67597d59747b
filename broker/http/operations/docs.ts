import type { FastifyInstance } from 'fastify';
import '@fastify/swagger';
import { DOCS_PAGE } from './docs-page.js';

/** The OpenAPI document, and a page that shows it without anything from elsewhere. */
export function docsRoutes(app: FastifyInstance): void {
  const hidden = { config: { open: true }, schema: { hide: true } };
  app.get('/docs/json', hidden, async () => app.swagger());
  app.get('/docs', hidden, async (_request, reply) => {
    // Nothing but the page's own script and style runs or loads.
    reply.header(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
    );
    return reply.type('text/html; charset=utf-8').send(DOCS_PAGE);
  });
}
