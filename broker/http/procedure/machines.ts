import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import type { Procedure } from '../../procedure/engine/procedure.js';
import { publishedMachine } from '../../procedure/published/published-machine.js';
import { PROBLEMS } from '../server/problem-schema.js';

const RULE: FastifyContextConfig = { access: 'department', outsiders: ['platform_operator', 'contractor'] };

/** `GET /v1/procedures`: the machines as data, also those that this version does not run. */
export function machineRoutes(app: FastifyInstance, { procedure }: { procedure: Procedure }): void {
  const machines = [...procedure.machines.values()].map(publishedMachine);
  app.get('/v1/procedures', { schema: SCHEMA, config: RULE }, async () => ({ machines }));
}

const SCHEMA = {
  tags: ['procedure'],
  operationId: 'listProcedures',
  'x-answer': 'Procedures',
  summary: 'The machines of the procedure as data',
  description: 'Kinds with `available: false` are not run by this version: their addresses answer NOT_FOUND.',
  response: { 200: { type: 'object', additionalProperties: true }, ...PROBLEMS },
};
