import type { FastifyInstance } from 'fastify';
import { requirePermission } from '../parties/permissions.js';
import type { Disclosures } from '../stream/disclosures.js';
import { callerOf } from './authenticate.js';
import { PROBLEMS } from './problem-schema.js';

export interface DisclosureRoutesDeps {
  disclosures: Pick<Disclosures, 'find'>;
  trial: boolean;
}

export function disclosureRoutes(app: FastifyInstance, { disclosures, trial }: DisclosureRoutesDeps): void {
  app.get<{ Querystring: { entry: string; subject: string } }>(
    '/v1/disclosures',
    { schema: SCHEMA },
    async (request) => {
      requirePermission(callerOf(request), 'ledger.read', { trial });
      const { entry, subject } = request.query;
      return { disclosures: await disclosures.find(entry, subject) };
    },
  );
}

const SCHEMA = {
  tags: ['audit'],
  summary: 'Who received what about a record, under which grant',
  description: 'Subject is the key of the record as its source publishes it.',
  querystring: {
    type: 'object',
    properties: { entry: { type: 'string' }, subject: { type: 'string' } },
    required: ['entry', 'subject'],
    additionalProperties: false,
  },
  response: {
    200: { type: 'object', properties: { disclosures: { type: 'array', items: { type: 'object' } } } },
    ...PROBLEMS,
  },
};
