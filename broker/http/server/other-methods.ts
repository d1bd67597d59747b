import type { IncomingMessage, RequestListener } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';

/** No path takes it, so it stands for every method that no path takes (PROPFIND, REPORT …). */
const UNUSED_METHOD = 'TRACE';
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', UNUSED_METHOD];
const ROUTED = new Set([...METHODS, 'OPTIONS']);
const PREFLIGHT_SECONDS = '600';
const REQUEST_HEADERS = 'Authorization, Content-Type, Last-Event-ID, If-None-Match';
const RESPONSE_HEADERS = 'ETag, Retry-After';

/**
 * Routes a method that no path takes as one of them. Node's parser knows 35 methods; a route of each for every path, so that
 * none is taken for a path that does not exist, would make up most of a start, and a series of metrics each.
 */
export function foldUnusedMethods(serve: RequestListener): RequestListener {
  return (request: IncomingMessage, response) => {
    if (!ROUTED.has(request.method ?? '')) request.method = UNUSED_METHOD;
    serve(request, response);
  };
}

/**
 * Answers the methods that a path does not have: 405 with `Allow`, and OPTIONS with the methods that it has. To be
 * called before the routes are added; the routes for the other methods follow when all are known.
 */
export function addOtherMethods(app: FastifyInstance, corsOrigins: readonly string[]): () => void {
  const known = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = known.get(url) ?? new Set<string>();
    for (const one of [method].flat()) methods.add(one);
    known.set(url, methods);
  });
  app.addHook('onRequest', async (request, reply) => allowOrigin(request, reply, corsOrigins));
  return () => {
    for (const [url, methods] of [...known]) addRest(app, url, [...methods, 'OPTIONS'], corsOrigins);
  };
}

/** One route for all of them: a route costs a start more than a method of one. */
function addRest(app: FastifyInstance, url: string, allowed: readonly string[], corsOrigins: readonly string[]): void {
  const allow = allowed.join(', ');
  app.route({
    method: [...METHODS.filter((method) => !allowed.includes(method)), 'OPTIONS'],
    url,
    config: { access: 'open', isForOtherMethods: true },
    schema: { hide: true },
    exposeHeadRoute: false,
    // Before a body would be read.
    onRequest: async ({ method }, reply) => {
      reply.header('allow', allow);
      if (method !== 'OPTIONS') throw new SluiceError('METHOD_NOT_ALLOWED', `this path takes ${allow}`);
    },
    handler: async (request, reply) => {
      if (isAllowedOrigin(request.headers.origin, corsOrigins)) {
        reply.headers({
          'access-control-allow-methods': allow,
          'access-control-allow-headers': REQUEST_HEADERS,
          'access-control-max-age': PREFLIGHT_SECONDS,
        });
      }
      return reply.code(204).send();
    },
  });
}

function allowOrigin(request: FastifyRequest, reply: FastifyReply, corsOrigins: readonly string[]): void {
  if (corsOrigins.length === 0) return;
  reply.header('vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || !isAllowedOrigin(origin, corsOrigins)) return;
  // Credentials of the bus are headers, never cookies, so credentialed requests in the sense of CORS need no permission.
  reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': RESPONSE_HEADERS });
}

const isAllowedOrigin = (origin: string | undefined, corsOrigins: readonly string[]): boolean =>
  origin !== undefined && (corsOrigins.includes(origin) || corsOrigins.includes('*'));
