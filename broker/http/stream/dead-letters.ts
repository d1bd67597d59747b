import type { FastifyInstance } from 'fastify';
import { toDeliveredEvent } from '../../../proto/frames/event-encoder.js';
import type { Leases } from '../../parties/leases/leases.js';
import type { DeadLetters } from '../../stream/dead-letters/dead-letters.js';
import { credentialOf, systemOf } from '../server/authenticate.js';
import { holdLease } from '../server/hold-lease.js';
import { PROBLEMS } from '../server/problem-schema.js';

export interface DeadLetterRoutesDeps {
  deadLetters: DeadLetters;
  leases: Leases;
}

export function deadLetterRoutes(app: FastifyInstance, { deadLetters, leases }: DeadLetterRoutesDeps): void {
  app.get<{ Params: { grant: string }; Querystring: { after: number } }>(
    '/v1/grants/:grant/dead-letters',
    { schema: LIST, config: { access: { system: 'subscribe' }, answer: 'list' } },
    (request) => {
      const { params, query } = request;
      return deadLetters.list(systemOf(request, 'subscribe').id, params.grant, query.after);
    },
  );
  app.delete<{ Params: { grant: string; position: number } }>(
    '/v1/grants/:grant/dead-letters/:position',
    { schema: DROP, config: { access: { system: 'subscribe' } } },
    async (request, reply) => {
      const { grant, position } = request.params;
      await deadLetters.drop(systemOf(request, 'subscribe').id, grant, position);
      return reply.code(204).send();
    },
  );
  app.post<{ Params: { grant: string; position: number } }>(
    '/v1/grants/:grant/dead-letters/:position/redrive',
    { schema: REDRIVE, config: { access: { system: 'subscribe' } } },
    async (request, reply) => {
      const { grant, position } = request.params;
      const caller = systemOf(request, 'subscribe');
      const lease = leases.take(leases.credential(caller, credentialOf(request), 'subscribe'));
      holdLease(reply, lease);
      const { event, view } = await deadLetters.redrive(caller.id, grant, position, () => lease.check());
      return toDeliveredEvent(event, view.codec);
    },
  );
}

const LIST = {
  tags: ['grants'],
  summary: 'Events that the subscriber has rejected',
  description:
    'In the order of rejection, at most 1,000: the next ones are asked for with `after`, the last `sequence`.',
  params: { type: 'object', properties: { grant: { type: 'string' } } },
  querystring: {
    type: 'object',
    properties: { after: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 } },
    additionalProperties: false,
  },
  response: { 200: { type: 'array', items: { type: 'object', additionalProperties: true } }, ...PROBLEMS },
};

const DROP = {
  tags: ['grants'],
  summary: 'Take a rejected event off the list without delivering it',
  params: {
    type: 'object',
    properties: { grant: { type: 'string' }, position: { type: 'integer', minimum: 1 } },
  },
  response: { 204: { type: 'null', description: 'The event is off the list' }, ...PROBLEMS },
};

const REDRIVE = {
  tags: ['grants'],
  summary: 'A rejected event once more, as granted now',
  description: 'Takes the event off the list.',
  params: {
    type: 'object',
    properties: { grant: { type: 'string' }, position: { type: 'integer', minimum: 1 } },
  },
  response: { 200: { type: 'object', additionalProperties: true }, ...PROBLEMS },
};
