import type { FastifyInstance } from 'fastify';
import type { Procedure } from '../../procedure/engine/procedure.js';
import type { Worklist, WorklistItem } from '../../procedure/worklist/worklist.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';

export interface WorklistRoutesDeps {
  procedure: Procedure;
  worklist: Worklist;
}

type Route = { Querystring: { late?: boolean } };

/** Files that wait for the officer who asks. */
export function worklistRoutes(app: FastifyInstance, { procedure, worklist }: WorklistRoutesDeps): void {
  app.get<Route>('/v1/desk', { schema: SCHEMA, config: { access: 'anybody' } }, async (request, reply) => {
    const officer = await procedure.requireInsider(callerOf(request), 'read');
    const { items, more } = await worklist.of(officer, request.query.late === true);
    reply.type('application/json; charset=utf-8');
    return `{"items":[${items.map(jsonOf).join()}]${more ? ',"more":true' : ''}}`;
  });
}

/** Answers about files are kept as JSON: a thousand of them, serialized at each call, would hold the event loop. */
const jsonOf = ({ file, act, daysLeft, clock }: WorklistItem): string =>
  `{"file":${file},"act":${JSON.stringify(act)},"daysLeft":${daysLeft},"clock":${JSON.stringify(clock)}}`;

const SCHEMA = {
  tags: ['procedure'],
  operationId: 'readWorklist',
  'x-answer': 'Worklist',
  summary: 'Files with an act for the caller now, the most urgent first',
  description:
    'At most 1,000 items; `more: true` says that less urgent ones are left out. `daysLeft` are working days to the due ' +
    'date of `clock`, null without a clock.',
  querystring: { type: 'object', properties: { late: { type: 'boolean' } }, additionalProperties: false },
  response: { 200: { type: 'object', additionalProperties: true }, ...PROBLEMS },
};
