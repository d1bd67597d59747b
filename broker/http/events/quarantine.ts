import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';
import { isEntryId } from '../../../proto/subject.js';
import type { QuarantineReader } from '../../intake/quarantine/quarantine-reader.js';
import { sendList } from '../answers/json-list.js';
import { systemOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';

export interface QuarantineRoutesDeps {
  quarantine: Pick<QuarantineReader, 'list'>;
}

type Route = { Querystring: { entry: string; after: number; limit: number } };

const RULE: FastifyContextConfig = { access: { system: 'publish' }, answer: 'list' };

/** A system sees what it sent itself and nothing else: refused events are personal data too. */
export function quarantineRoutes(app: FastifyInstance, { quarantine }: QuarantineRoutesDeps): void {
  app.get<Route>('/v1/quarantine', { schema: SCHEMA, config: RULE }, async (request, reply) => {
    const { entry, after, limit } = request.query;
    // It becomes part of a subject, where a wildcard would reach further.
    if (!isEntryId(entry)) throw new SluiceError('BAD_REQUEST', 'entry must be <party>.<entry>');
    const { events, more } = await quarantine.list(entry, systemOf(request, 'publish').id, after, limit);
    return sendList(reply, 'events', events, { more });
  });
}

const SCHEMA = {
  tags: ['events'],
  summary: 'Refused events of the calling system, with the reason of each',
  description:
    'Kept for 30 days, to be repaired and sent again as new events. A page of large events has fewer than `limit`: `more` says ' +
    'that others may follow.',
  querystring: {
    type: 'object',
    properties: {
      entry: { type: 'string', maxLength: 200 },
      after: { type: 'integer', minimum: 0, default: 0, description: '`sequence` of the last one seen' },
      limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
    },
    required: ['entry'],
    additionalProperties: false,
  },
  response: {
    200: {
      type: 'object',
      properties: { events: { type: 'array', items: { type: 'object' } }, more: { type: 'boolean' } },
    },
    ...PROBLEMS,
  },
};
