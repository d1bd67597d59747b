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
  app.get<Route>(
    '/v1/desk',
    { schema: SCHEMA, config: { access: 'anybody', answer: 'list' } },
    async (request, reply) => {
      const officer = await procedure.requireInsider(callerOf(request), 'read');
      const { items, more } = await worklist.of(officer, request.query.late === true);
      reply.type('application/json; charset=utf-8');
      return jsonOf(items, more);
    },
  );
}

/** The answer in UTF-8. What is kept of files is bytes: a thousand strings, joined and encoded at each call, would hold the event loop. */
function jsonOf(items: readonly WorklistItem[], more: boolean): Buffer {
  const rests = new Map<string, Buffer>();
  const parts: Uint8Array[] = [BEGIN];
  for (const { file, act, daysLeft, clock } of items) {
    const rest = `,"act":${JSON.stringify(act)},"daysLeft":${daysLeft},"clock":${JSON.stringify(clock)}}`;
    let bytes = rests.get(rest);
    if (!bytes) {
      bytes = Buffer.from(rest);
      rests.set(rest, bytes);
    }
    parts.push(parts.length === 1 ? ITEM : NEXT_ITEM, file, bytes);
  }
  parts.push(more ? END_BUT_MORE : END);
  return Buffer.concat(parts);
}

const BEGIN = Buffer.from('{"items":[');
const ITEM = Buffer.from('{"file":');
const NEXT_ITEM = Buffer.from(',{"file":');
const END = Buffer.from(']}');
const END_BUT_MORE = Buffer.from('],"more":true}');

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
