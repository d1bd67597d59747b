import type { FastifyInstance } from 'fastify';
import { SluiceError, toProblem } from '../../../proto/errors.js';
import { CONTENT_TYPES, type Format, formatFor } from '../../metrics/output/exposition.js';
import { sendProblem } from '../server/error-handler.js';
import { PROBLEMS } from '../server/problem-schema.js';

export interface OperationRoutesDeps {
  metrics: { text(format: Format): Promise<string> };
  health: {
    /** Reasons why this broker is not ready; empty when events can be published and streamed. */
    unreadyReasons(): string[];
    /** Advice to the operator of an external store, which works all the same. */
    notices(): string[];
    /** Faults of the store that keep no event from being published and streamed. */
    warnings(): string[];
  };
}

export function operationRoutes(app: FastifyInstance, deps: OperationRoutesDeps): void {
  const open = { config: { access: 'open' } } as const;
  app.get('/metrics', { ...open, schema: METRICS }, async (request, reply) => {
    const format = formatFor(request.headers.accept);
    return reply.type(CONTENT_TYPES[format]).send(await deps.metrics.text(format));
  });
  app.get('/healthz', { ...open, schema: HEALTH }, async () => ({ status: 'alive' }));
  app.get('/readyz', { ...open, schema: READY }, async (_request, reply) => {
    const reasons = deps.health.unreadyReasons();
    const { health } = deps;
    if (reasons.length === 0) return { status: 'ready', notices: health.notices(), warnings: health.warnings() };
    return sendProblem(reply, toProblem(new SluiceError('STORE_UNAVAILABLE', 'not ready', { problems: reasons })));
  });
}

const STATUS = { type: 'object', properties: { status: { type: 'string' } } };
const STRINGS = { type: 'array', items: { type: 'string' } };
const READINESS = {
  type: 'object',
  properties: { ...STATUS.properties, notices: STRINGS, warnings: STRINGS },
};
const METRICS = {
  tags: ['operations'],
  summary: 'Prometheus metrics',
  response: { 200: { type: 'string' }, ...PROBLEMS },
};
const HEALTH = { tags: ['operations'], summary: 'The process answers', response: { 200: STATUS, ...PROBLEMS } };
const READY = {
  tags: ['operations'],
  summary: 'Events can be published and streamed',
  response: { 200: READINESS, ...PROBLEMS },
};
