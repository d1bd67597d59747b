import type { FastifyInstance } from 'fastify';
import type { Procedure } from '../../../procedure/engine/procedure.js';
import { PARTIES } from '../../../procedure/people/parties.js';
import { callerOf } from '../../server/authenticate.js';
import { PROBLEMS } from '../../server/problem-schema.js';
import { callOf, sendAnswer } from '../act-call.js';
import { describedBody } from '../describe/act-body.js';
import { ACT_RULE } from '../files.js';

/** Sets the address that the notices of a department are sent to. */
export function webhookRoute(app: FastifyInstance, { procedure }: { procedure: Procedure }): void {
  app.put<{ Params: { id: string } }>(
    '/v1/parties/:id/webhook',
    { schema: SCHEMA, config: ACT_RULE },
    async (request, reply) => {
      const call = { kind: PARTIES.kind, id: request.params.id, act: 'put', ...callOf(request) };
      return sendAnswer(reply, await procedure.perform(callerOf(request), call));
    },
  );
}

const SCHEMA = {
  tags: ['procedure'],
  operationId: 'putWebhook',
  summary: 'Set the address that the notices of the department are sent to (Y3)',
  description:
    'For own.administrator. Each notice is posted there with the headers of Standard Webhooks until it is answered with 2xx, for up to 24 hours. ' +
    'Notices go to public addresses only, unless the configuration of the bus allows others.',
  params: { type: 'object', properties: { id: { type: 'string' } } },
  'x-body': describedBody(PARTIES, 'put'),
  'x-answer': 'File',
  response: { 200: { type: 'object', additionalProperties: true }, ...PROBLEMS },
};
