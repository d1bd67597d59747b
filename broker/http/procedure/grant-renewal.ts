import type { FastifyInstance } from 'fastify';
import type { Caller } from '../../parties/caller.js';
import { NEVER_USED } from '../../procedure/applications/document-check.js';
import type { ActAnswer } from '../../procedure/engine/append-once.js';
import type { Procedure } from '../../procedure/engine/procedure.js';
import { refuseOne } from '../../procedure/engine/refusals.js';
import type { Fields } from '../../procedure/files/file.js';
import { grantOf, skippedTimesOf } from '../../procedure/grants/grant-file.js';
import type { UsedItems } from '../../stream/pages/used-items.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { callOf, requireEmpty, sendAnswer } from './act-call.js';
import { ACT_RULE } from './files.js';

export interface RenewalDeps {
  procedure: Procedure;
  usedItems: Pick<UsedItems, 'of'>;
}

/** Parts of the application before that the new one begins with. */
const COPIED = [
  'basis',
  'scenario',
  'range',
  'mode',
  'dutyBasis',
  'piGround',
  'piAssessment',
  'securityMeasures',
  'rows',
];

/** `POST /v1/grants/{id}/renew`: a draft application with what was used of the grant, and without period. */
export function grantRenewalRoute(app: FastifyInstance, deps: RenewalDeps): void {
  app.post<{ Params: { id: string } }>(
    '/v1/grants/:id/renew',
    { schema: SCHEMA, config: ACT_RULE },
    async (request, reply) => {
      const { body, key } = callOf(request);
      const answer = await renew(deps, callerOf(request), request.params.id, { body, ...(key && { key }) });
      return sendAnswer(reply, answer);
    },
  );
}

async function renew(
  { procedure, usedItems }: RenewalDeps,
  caller: Caller,
  id: string,
  { body: given, key }: { body: Fields; key?: { key: string; request: string } },
): Promise<ActAnswer> {
  await procedure.caughtUp();
  const before = await procedure.answered(caller, key);
  if (before) return before;
  const { file } = await procedure.files.read(caller, { kind: 'grants', id });
  requireEmpty(given);
  const isApplicant = caller.kind === 'officer' && caller.party === file.sides.demand;
  if (!isApplicant || !caller.roles.includes('applicant')) {
    throw refuseOne('NOT_YOUR_ROLE', 'renew is for demand.applicant');
  }
  const grant = grantOf(file);
  const { items, neverUsed } = await usedItems.of(grant, skippedTimesOf(file));
  const previous = await applicationBefore(procedure, caller, grant.application);
  const copied = Object.fromEntries(COPIED.filter((name) => previous[name] !== undefined).map((n) => [n, previous[n]]));
  const draft = { ...copied, entry: grant.entry, system: grant.system, items, [NEVER_USED]: neverUsed };
  return procedure.perform(caller, { kind: 'applications', act: 'create', body: draft, ...(key && { key }) });
}

/** A grant that a backflow made has none. */
async function applicationBefore(procedure: Procedure, caller: Caller, id: string | undefined): Promise<Fields> {
  if (id === undefined || !id.startsWith('ap-')) return {};
  return (await procedure.files.read(caller, { kind: 'applications', id })).file.document;
}

const SCHEMA = {
  tags: ['grants'],
  operationId: 'renewGrants',
  'x-body': { schema: { type: 'object', additionalProperties: false }, example: {} },
  'x-answer': 'File',
  summary: 'Draft an application for what was used of a grant (A1, R20)',
  params: { type: 'object', properties: { id: { type: 'string' } } },
  response: { 201: { type: 'object', additionalProperties: true }, ...PROBLEMS },
};
