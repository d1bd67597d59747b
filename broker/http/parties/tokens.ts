import type { FastifyInstance } from 'fastify';
import { CANARY_FOLLOWER, CANARY_SOURCE } from '../../../proto/canary.js';
import type { TokenOwner, TokenService } from '../../parties/token-service.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';

export interface TokenRoutesDeps {
  tokenService: TokenService;
}

type Route = { Params: { id: string } };

export function tokenRoutes(app: FastifyInstance, { tokenService }: TokenRoutesDeps): void {
  for (const kind of ['system', 'officer'] as const) {
    app.post<Route>(
      `/v1/${kind}s/:id/renew-token`,
      { schema: renewSchema(kind), config: { access: { officer: ['token.renew', 'canary.run'] } } },
      async (request, reply) => {
        const { id } = request.params;
        const token = await tokenService.renew(callerOf(request), kind, id);
        reply.header('cache-control', 'no-store');
        return { [kind]: id, token };
      },
    );
  }
}

/** On a registered bus the operator renews the tokens of the canary alone; departments renew theirs by acts. */
export function canaryTokenRoutes(app: FastifyInstance, { tokenService }: TokenRoutesDeps): void {
  for (const system of [CANARY_SOURCE, CANARY_FOLLOWER]) {
    app.post(
      `/v1/systems/${system}/renew-token`,
      { schema: { hide: true }, config: { access: { officer: 'canary.run' }, outsiders: ['platform_operator'] } },
      async (request, reply) => {
        const token = await tokenService.renew(callerOf(request), 'system', system);
        reply.header('cache-control', 'no-store');
        return { system, token };
      },
    );
  }
}

const renewSchema = (kind: TokenOwner): object => ({
  tags: ['administration'],
  summary: `Replace the token of ${kind === 'system' ? 'a system' : 'an officer'}`,
  description:
    'The new token is shown this once. The old one ends at once, with every session and stream that was opened with it. ' +
    'In trial mode by the platform operator; on a registered bus NOT_ALLOWED, but for ' +
    'the two systems of the canary.',
  params: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
  response: {
    200: {
      description: 'The new token',
      type: 'object',
      properties: { [kind]: { type: 'string' }, token: { type: 'string' } },
      required: [kind, 'token'],
    },
    ...PROBLEMS,
  },
});
