import { METHODS as KNOWN_METHODS } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';

/** All that Node's parser knows, so that none of them is taken for a path that does not exist. CONNECT has no path. */
const METHODS = KNOWN_METHODS.filter((method) => method !== 'CONNECT' && method !== 'OPTIONS');
const PREFLIGHT_SECONDS = '600';
const REQUEST_HEADERS = 'Authorization, Content-Type, Last-Event-ID, If-None-Match';
const RESPONSE_HEADERS = 'ETag, Retry-After';

/**
 * Answers the methods that a path does not have: 405 with `Allow`, and OPTIONS with the methods that it has. To be
 * called before the routes are added; the routes for the other methods follow when all are known.
 */
export function addOtherMethods(app: FastifyInstance, corsOrigins: readonly string[]): () => void {
  for (const method of METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
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

function addRest(app: FastifyInstance, url: string, allowed: readonly string[], corsOrigins: readonly string[]): void {
  const config = { access: 'open' } as const;
  const schema = { hide: true };
  const allow = allowed.join(', ');
  const others = METHODS.filter((method) => !allowed.includes(method));
  app.options(url, { config, schema }, async (request, reply) => {
    if (isAllowedOrigin(request.headers.origin, corsOrigins)) {
      reply.headers({
        'access-control-allow-methods': allow,
        'access-control-allow-headers': REQUEST_HEADERS,
        'access-control-max-age': PREFLIGHT_SECONDS,
      });
    }
    return reply.code(204).header('allow', allow).send();
  });
  if (others.length === 0) return;
  app.route({
    method: others,
    url,
    config,
    schema,
    exposeHeadRoute: false,
    // Before a body would be read.
    onRequest: async (_request, reply) => {
      reply.header('allow', allow);
      throw new SluiceError('METHOD_NOT_ALLOWED', `this path takes ${allow}`);
    },
    handler: async () => undefined,
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
