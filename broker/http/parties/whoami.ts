import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import type { Whoami } from '../../../proto/http/whoami.js';
import { type Caller, isListedFor } from '../../parties/caller.js';
import type { Systems } from '../../parties/parties.js';
import type { Permissions } from '../../parties/permissions.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';

export interface WhoamiRoutesDeps {
  permissions: Pick<Permissions, 'isTrial' | 'mode' | 'mayReadSystem'>;
  systems: Pick<Systems, 'list'>;
  version: string;
  clock: () => number;
}

type SystemsDeps = Pick<WhoamiRoutesDeps, 'permissions' | 'systems'>;

export function whoamiRoutes(app: FastifyInstance, { permissions, systems, version, clock }: WhoamiRoutesDeps): void {
  app.get('/v1/whoami', { schema: WHOAMI, config: RULE }, async (request): Promise<Whoami> => {
    const caller = callerOf(request);
    const { kind, id, party } = caller;
    const rights = caller.kind === 'system' ? { may: caller.may } : { roles: caller.roles };
    return { kind, id, party, ...rights, mode: permissions.mode, version, time: new Date(clock()).toISOString() };
  });
  // A registered bus lists the files of its procedure.
  if (!permissions.isTrial) return;
  app.get('/v1/systems', { schema: SYSTEMS, config: { access: 'anybody' } }, async (request) => ({
    systems: systemsSeenBy(callerOf(request), { permissions, systems }),
  }));
}

/** Systems that the caller may see, each with whether it has a token. */
function systemsSeenBy(caller: Caller, { permissions, systems }: SystemsDeps): object[] {
  return systems
    .list()
    .filter((system) => isListedFor(caller, system.party) && permissions.mayReadSystem(caller, system))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, party, may, credential }) => ({ id, party, may, hasToken: credential !== undefined }));
}

const RULE: FastifyContextConfig = { access: 'anybody', outsiders: ['platform_operator', 'contractor'] };

const text = { type: 'string' };
const texts = { type: 'array', items: text };

const WHOAMI = {
  tags: ['parties'],
  summary: 'Who the token belongs to, and which bus answers',
  response: {
    200: {
      type: 'object',
      properties: {
        kind: text,
        id: text,
        party: text,
        may: texts,
        roles: texts,
        mode: text,
        version: text,
        time: text,
      },
    },
    ...PROBLEMS,
  },
};

const SYSTEMS = {
  tags: ['parties'],
  summary: 'The systems that the caller may see',
  response: {
    200: {
      type: 'object',
      properties: {
        systems: {
          type: 'array',
          items: { type: 'object', properties: { id: text, party: text, may: texts, hasToken: { type: 'boolean' } } },
        },
      },
    },
    ...PROBLEMS,
  },
};
