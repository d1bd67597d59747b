import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SluiceError } from '../../../../proto/errors.js';
import { timeOf } from '../../../event-log/start-position.js';
import { actorOf } from '../../../parties/caller.js';
import type { Leases } from '../../../parties/leases/leases.js';
import type { AccessReads } from '../../../procedure/people/access-reads.js';
import type { ContractTerms } from '../../../procedure/people/contract-terms.js';
import type { InspectionPages } from '../../../stream/pages/inspection-pages.js';
import { PAGE_BYTES_MAX } from '../../../stream/pages/page.js';
import type { AnswerBudget } from '../../answers/answer-budget.js';
import { callerOf } from '../../server/authenticate.js';
import { holdLease } from '../../server/hold-lease.js';
import { onClosed } from '../../server/on-closed.js';
import { PROBLEMS } from '../../server/problem-schema.js';
import { NDJSON_TYPE } from '../../server/route-rule.js';
import { sendPage } from '../../stream/grant-events.js';
import { PAGE_QUERY_SCHEMA, parseFrom } from '../../stream/page-query.js';

export interface AccessRoutesDeps {
  accessReads: AccessReads;
  contractTerms: ContractTerms;
  inspections: InspectionPages;
  leases: Leases;
  answerBudget: AnswerBudget;
  /** The time of the bus. */
  clock: () => number;
}

type Route = { Params: { id: string }; Querystring: { from: string; log?: string; limit: number } };

/** Payload for a contractor while an access is open, page by page. */
export function accessRoutes(app: FastifyInstance, deps: AccessRoutesDeps): void {
  app.get<Route>(
    '/v1/accesses/:id/events',
    { schema: SCHEMA, config: { access: 'anybody', outsiders: ['contractor'] } },
    (request: FastifyRequest<Route>, reply) => readPage(deps, request, reply),
  );
}

async function readPage(
  deps: AccessRoutesDeps,
  request: FastifyRequest<Route>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { accessReads, contractTerms, inspections, leases, answerBudget, clock } = deps;
  const { limit, log } = request.query;
  const access = await accessReads.open(callerOf(request), request.params.id);
  const from = parseFrom(request.query.from, log);
  if (from === 'cursor') throw new SluiceError('BAD_REQUEST', 'from: an access has no cursor');
  if (timeOf(from) > clock()) throw new SluiceError('BAD_REQUEST', 'from is a time that has not come');
  const inspection = inspections.open(access);
  const lease = leases.take(contractTerms.condition(access.id, clock), inspection.condition);
  holdLease(reply, lease);
  reply.type(NDJSON_TYPE);
  if (request.method === 'HEAD') return reply.send();
  const held = await answerBudget.reserve(actorOf(access.officer), PAGE_BYTES_MAX);
  onClosed(reply, held.release);
  const page = await inspection.read(from, limit).finally(held.built);
  held.holds(page.events.reduce((sum, { record }) => sum + (record?.length ?? 0), 0));
  await accessReads.record(access, { from: page.from, to: page.through });
  lease.check();
  request.officeLease?.check();
  return sendPage(request, reply, page);
}

const { log, limit, from } = PAGE_QUERY_SCHEMA.properties;
const SCHEMA = {
  tags: ['procedure'],
  operationId: 'readEventsOfAccess',
  summary: 'Events for a contractor, while the access is open',
  description:
    "NDJSON as for grants: of the grant's view, or of the entry whole. Each page is on record before it goes out, and stands in " +
    '`document.reads` of the access.',
  produces: [NDJSON_TYPE],
  params: { type: 'object', properties: { id: { type: 'string' } } },
  querystring: {
    type: 'object',
    properties: { from: { ...from, default: 'earliest' }, log, limit },
    additionalProperties: false,
  },
  response: { 200: { type: 'string' }, ...PROBLEMS },
};
