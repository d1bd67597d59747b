import type { FastifyInstance } from 'fastify';
import type { GrantLag } from '../../observe/grant-lag.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';

export interface LagRoutesDeps {
  grantLag: GrantLag;
}

export function lagRoutes(app: FastifyInstance, { grantLag }: LagRoutesDeps): void {
  app.get<{ Querystring: { grant?: string; after: string } }>(
    '/v1/lag',
    { schema: SCHEMA, config: { access: 'anybody', outsiders: ['platform_operator'] } },
    (request) => {
      const { grant, after } = request.query;
      const caller = callerOf(request);
      return grant === undefined ? grantLag.ofAll(caller, after) : grantLag.ofGrant(caller, grant);
    },
  );
}

const text = { type: 'string' };
const number = { type: 'integer' };
const SCHEMA = {
  tags: ['grants'],
  summary: 'How far each cursor is behind',
  description:
    'Granted events after the cursor, without its narrowing, and the time of the oldest; the same figures as `/metrics/grants`. `more` ' +
    'says that older events are still being counted, as for some seconds after a start. `connected` says whether somebody follows ' +
    'the cursor at this broker. `asOf` is there while the store answers slowly: acknowledgements since then are not counted.',
  querystring: {
    type: 'object',
    properties: {
      grant: { type: 'string', maxLength: 128 },
      after: { type: 'string', maxLength: 128, default: '', description: '`next` of the page before' },
    },
    additionalProperties: false,
  },
  response: {
    200: {
      type: 'object',
      properties: {
        cursors: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              grant: text,
              party: text,
              system: text,
              entry: text,
              cursor: text,
              connected: { type: 'boolean' },
              position: { type: ['integer', 'null'] },
              end: number,
              unacknowledged: number,
              more: { type: 'boolean' },
              oldestAt: { type: ['string', 'null'] },
              lastAckAt: { type: ['string', 'null'] },
            },
          },
        },
        next: text,
        asOf: text,
      },
    },
    ...PROBLEMS,
  },
};
