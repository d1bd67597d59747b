import type { FastifyInstance } from 'fastify';
import type { Rows } from '../../../proto/entry/rows.js';
import type { PageAcknowledgements } from '../../stream/pages/page-acknowledgements.js';
import { systemOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { type BodyRule, JSON_TYPE } from '../server/route-rule.js';

export interface CursorRoutesDeps {
  acknowledgements: PageAcknowledgements;
}

/** A narrowing may list many values. */
const ACK_BODY: BodyRule = { [JSON_TYPE]: 256 * 1024 };

type Route = { Params: { grant: string; cursor: string }; Body: { position: number; log?: string; narrow?: Rows } };

export function cursorRoutes(app: FastifyInstance, { acknowledgements }: CursorRoutesDeps): void {
  app.post<Route>(
    '/v1/grants/:grant/cursors/:cursor',
    { schema: SCHEMA, config: { access: { system: 'subscribe' }, body: ACK_BODY } },
    async (request) => {
      const { grant, cursor } = request.params;
      const { position, log, narrow } = request.body;
      const system = systemOf(request, 'subscribe').id;
      return { position: await acknowledgements.acknowledge({ system, grant, cursor, position, log, narrow }) };
    },
  );
}

const SCHEMA = {
  tags: ['grants'],
  summary: 'Acknowledge everything up to a position',
  description: 'Answers when the cursor is stored, with its position: acknowledging a lower one does not move it back.',
  params: {
    type: 'object',
    properties: { grant: { type: 'string' }, cursor: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' } },
  },
  body: {
    type: 'object',
    properties: {
      position: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
      log: { type: 'string', description: 'the epoch of the log that the position belongs to, as in the page' },
      narrow: { type: 'object', description: 'the further row filter that the cursor follows' },
    },
    required: ['position'],
    additionalProperties: false,
  },
  response: { 200: { type: 'object', properties: { position: { type: 'integer' } } }, ...PROBLEMS },
};
