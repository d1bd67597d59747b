import type { FastifyInstance } from 'fastify';
import type { Guard, Transition } from '../../procedure/engine/machine.js';
import type { Procedure } from '../../procedure/engine/procedure.js';
import { PROBLEMS } from '../server/problem-schema.js';

/** `GET /v1/procedures`: the machines as data, also those that this version does not run. */
export function machineRoutes(app: FastifyInstance, { procedure }: { procedure: Procedure }): void {
  app.get('/v1/procedures', { schema: SCHEMA, config: { access: 'anybody' } }, async () => ({
    machines: [...procedure.machines.values()].map(({ kind, available, states, transitions }) => ({
      ...{ kind, available, states, transitions: transitions.map(published) },
    })),
  }));
}

function published({ number, from, act, to, who, guard = [], clocks = [], notices = [], article }: Transition): object {
  return { number, from, act, to, who, guard: guard.map(nameOf), clocks, notices, article: article ?? null };
}

function nameOf(guard: Guard): string {
  if (typeof guard === 'string') return guard;
  return 'needs' in guard ? guard.needs : guard.name;
}

const SCHEMA = {
  tags: ['procedure'],
  operationId: 'listProcedures',
  summary: 'The machines of the procedure as data',
  response: { 200: { type: 'object', additionalProperties: true }, ...PROBLEMS },
};
