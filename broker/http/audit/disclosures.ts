import type { FastifyInstance } from 'fastify';
import { splitEntryId } from '../../../proto/entry/entry.js';
import type { Disclosures } from '../../audit/disclosures.js';
import type { Permissions } from '../../parties/permissions.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';

export interface DisclosureRoutesDeps {
  disclosures: Pick<Disclosures, 'find'>;
  permissions: Permissions;
}

export function disclosureRoutes(app: FastifyInstance, { disclosures, permissions }: DisclosureRoutesDeps): void {
  app.get<{ Querystring: { entry: string; subject: string } }>(
    '/v1/disclosures',
    { schema: SCHEMA, config: { access: { officer: 'disclosures.read' }, answer: 'audit' } },
    async (request) => {
      const { entry, subject } = request.query;
      permissions.require(callerOf(request), 'disclosures.read', splitEntryId(entry).party);
      return disclosures.find(entry, subject);
    },
  );
}

const ROWS = { type: 'array', items: { type: 'object', additionalProperties: true } };

const SCHEMA = {
  tags: ['audit'],
  summary: 'Who received what about a record, under which grant',
  description:
    'Subject is the key of the record as its source publishes it. `formerLives` counts receipts of previous epochs of the log, ' +
    'which has been restored or was truncated since: what went out under them and was lost is not in `disclosures`.',
  querystring: {
    type: 'object',
    properties: { entry: { type: 'string' }, subject: { type: 'string' } },
    required: ['entry', 'subject'],
    additionalProperties: false,
  },
  response: {
    200: {
      type: 'object',
      properties: { disclosures: ROWS, formerLives: ROWS },
    },
    ...PROBLEMS,
  },
};
