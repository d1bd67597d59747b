import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import { REASON_BODY } from '../../../proto/http/answer-schemas.js';
import type { GrantService } from '../../grants/grant-service.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { JSON_TYPE, SMALL_JSON } from '../server/route-rule.js';
import { describeGrant } from './grant-page.js';

export interface GrantServiceRoutesDeps {
  grantService: GrantService;
  clock: () => number;
}

type Change = { Params: { grant: string }; Body: { reason: string } };

/** A row filter may list 10,000 values. */
const GRANT_BYTES_MAX = 1024 * 1024;
const CREATE_RULE: FastifyContextConfig = {
  access: { officer: 'grant.create' },
  body: { [JSON_TYPE]: GRANT_BYTES_MAX },
};
const changeRule = (change: 'suspend' | 'restore' | 'terminate'): FastifyContextConfig => ({
  access: { officer: change === 'terminate' ? 'grant.terminate' : 'grant.suspend' },
  body: SMALL_JSON,
});

/** Acts on grants; the service decides who may. They take effect at once on every session. */
export function grantServiceRoutes(app: FastifyInstance, { grantService, clock }: GrantServiceRoutesDeps): void {
  app.post('/v1/grants', { schema: CREATE, config: CREATE_RULE }, async (request, reply) => {
    const { grant, changed, warnings } = await grantService.create(callerOf(request), request.body);
    return reply.code(changed ? 201 : 200).send({ grant: describeGrant(grant, clock()), changed, warnings });
  });
  for (const change of ['suspend', 'restore', 'terminate'] as const) {
    app.post<Change>(
      `/v1/grants/:grant/${change}`,
      { schema: changeSchema(change), config: changeRule(change) },
      async (request) => {
        const grant = await grantService[change](callerOf(request), request.params.grant, request.body.reason);
        return describeGrant(grant, clock());
      },
    );
  }
}

const anything = { type: 'object', additionalProperties: true };

const CREATE = {
  tags: ['grants'],
  summary: 'Create a grant directly, in trial mode only',
  description: 'Idempotent: 201 {grant, changed, warnings}, or 200 when the grant is there already as it should be.',
  body: anything,
  response: { 200: anything, 201: anything, ...PROBLEMS },
};

const changeSchema = (change: string): object => ({
  tags: ['grants'],
  summary: `${change[0]!.toUpperCase()}${change.slice(1)} a grant`,
  params: { type: 'object', properties: { grant: { type: 'string' } } },
  body: REASON_BODY,
  response: { 200: anything, ...PROBLEMS },
});
