import type { FastifyInstance } from 'fastify';
import type { Tickets } from '../../gateway/tickets.js';
import { credentialOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';

export interface TicketRoutesDeps {
  tickets: Tickets;
}

export function ticketRoutes(app: FastifyInstance, deps: TicketRoutesDeps): void {
  app.post('/v1/tickets', { schema: SCHEMA, config: { access: 'anybody' } }, async (request, reply) => {
    const { ticket, expiresAtMs } = deps.tickets.issue(credentialOf(request));
    return reply.code(201).send({ ticket, expiresAt: new Date(expiresAtMs).toISOString() });
  });
}

const SCHEMA = {
  tags: ['stream'],
  summary: 'A one-time ticket for a WebSocket',
  description: 'For browsers, which cannot send a header with it: GET /v1/stream?ticket=… within 30 seconds.',
  response: {
    201: {
      type: 'object',
      properties: { ticket: { type: 'string' }, expiresAt: { type: 'string', format: 'date-time' } },
    },
    ...PROBLEMS,
  },
};
