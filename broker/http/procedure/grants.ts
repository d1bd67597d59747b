import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { StopScope } from '../../../proto/entry/grant.js';
import { SluiceError } from '../../../proto/errors.js';
import type { Grants } from '../../grants/grants.js';
import type { Caller } from '../../parties/caller.js';
import type { Fields } from '../../procedure/files/file.js';
import { describeGrant, grantPage } from '../grants/grant-page.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { ACT_RULE, actRoute, actsOf, type ListQuery, type ListRoute, listSchema, queryOf } from './files.js';
import { grantRenewalRoute, type RenewalDeps } from './grant-renewal.js';
import { grantShortcutRoutes } from './grant-shortcuts.js';

export interface LawfulGrantDeps extends RenewalDeps {
  grants: Grants;
  clock: () => number;
}

type ReadRoute = { Params: { id: string } };

/** Grants of a registered bus: with the fields that systems know, and for officers those of their files. */
export function lawfulGrantRoutes(app: FastifyInstance, deps: LawfulGrantDeps): void {
  const { procedure } = deps;
  const machine = procedure.machines.get('grants');
  if (!machine) return;
  app.get<ListRoute>(
    '/v1/grants',
    { schema: listSchema('grants'), config: { access: 'anybody', answer: 'list' } },
    (request) => listGrants(deps, request),
  );
  app.get<ReadRoute>('/v1/grants/:id', { schema: READ, config: { access: 'anybody' } }, (request) =>
    readGrant(deps, callerOf(request), request.params.id),
  );
  app.post('/v1/grants', { schema: REFUSED, config: ACT_RULE }, async () => {
    throw new SluiceError('TRIAL_ONLY', 'on a registered bus a grant comes from an approved application', {
      article: 'R32',
      problems: [{ path: '', code: 'TRIAL_ONLY', article: 'R32', text: 'a grant comes from an approved application' }],
    });
  });
  for (const act of actsOf(machine)) actRoute(app, procedure, machine, act);
  grantShortcutRoutes(app, deps);
  grantRenewalRoute(app, deps);
}

async function listGrants({ procedure, grants, clock }: LawfulGrantDeps, request: FastifyRequest<ListRoute>) {
  const caller = callerOf(request);
  if (caller.kind === 'system') return ownGrants(grants, caller.id, clock(), request.query);
  const query = queryOf('grants', request);
  const { files, next } = await procedure.files.list(caller, { ...query, document: true });
  const wantsDocument = query.document === true;
  const shown = files.map(({ document, ...answer }) => ({
    ...(document as Fields),
    ...answer,
    ...stopOf(grants, String(answer.id)),
    ...(wantsDocument && { document }),
  }));
  return { grants: shown, ...(next !== undefined && { next }) };
}

/** A system sees its own grants, as on every bus. */
function ownGrants(grants: Grants, system: string, nowMs: number, { entry, after = '', limit }: ListQuery): object {
  const own = grants
    .idsOf(system)
    .map((id) => grants.get(id))
    .filter((grant) => grant !== undefined)
    .filter(({ id, entry: of }) => id > after && (entry === undefined || of === entry))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const { grants: shown, next } = grantPage(own, limit, nowMs);
  return { grants: shown.map((grant) => ({ ...grant, ...stopOf(grants, grant.id) })), next };
}

async function readGrant({ procedure, grants, clock }: LawfulGrantDeps, caller: Caller, id: string): Promise<object> {
  if (caller.kind === 'system') {
    const grant = grants.get(id);
    if (grant?.system === caller.id) return { ...describeGrant(grant, clock()), ...stopOf(grants, id) };
    throw new SluiceError('UNKNOWN_GRANT', `no grant ${id} for this caller`, { grant: id });
  }
  const whole = await procedure.files.readWhole(caller, { kind: 'grants', id });
  return { ...(whole.document as Fields), ...whole, ...stopOf(grants, id) };
}

/** Scope of a stop by which the grant delivers nothing; its status stays. */
function stopOf(grants: Grants, id: string): { stopped?: StopScope } {
  const grant = grants.get(id);
  const stop = grant && grants.stops.of(grant);
  return stop ? { stopped: stop.scope } : {};
}

const anything = { type: 'object', additionalProperties: true };
const params = { type: 'object', properties: { id: { type: 'string' } } };

const READ = {
  tags: ['grants'],
  operationId: 'getGrants',
  'x-answer': 'GrantFile',
  summary:
    'One grant; for officers with its file. One that the caller may not see is answered like one that does not exist',
  params,
  response: { 200: anything, ...PROBLEMS },
};

/** Hidden from the OpenAPI document, as it only refuses. */
const REFUSED = { hide: true };
