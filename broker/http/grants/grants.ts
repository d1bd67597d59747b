import type { FastifyInstance } from 'fastify';
import { splitEntryId } from '../../../proto/entry/entry.js';
import { SluiceError } from '../../../proto/errors.js';
import type { Grant } from '../../grants/grant.js';
import type { Grants } from '../../grants/grants.js';
import { type Caller, isListedFor } from '../../parties/caller.js';
import type { GrantSides, Permissions } from '../../parties/permissions.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { refuseLawfulWords } from '../trial/lawful-words.js';
import { describeGrant, grantPage } from './grant-page.js';

export interface GrantRoutesDeps {
  grants: Grants;
  permissions: Permissions;
  clock: () => number;
}

type ListQuery = { entry?: string; after?: string; limit: number };

export function grantRoutes(app: FastifyInstance, { grants, permissions, clock }: GrantRoutesDeps): void {
  const isReadable = (caller: Caller, grant: Grant): boolean => permissions.mayReadGrant(caller, sidesOf(grant));
  app.get<{ Querystring: ListQuery }>(
    '/v1/grants',
    { schema: LIST, config: { access: 'anybody' }, preValidation: refuseLawfulWords },
    async (request) => {
      const { entry, after = '', limit } = request.query;
      const caller = callerOf(request);
      const visible = (entry === undefined ? grants.list() : grants.byEntry(entry))
        .filter((grant) => grant.id > after && isListedFor(caller, grant.party) && isReadable(caller, grant))
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      return grantPage(visible, limit, clock());
    },
  );
  app.get<{ Params: { grant: string } }>(
    '/v1/grants/:grant',
    { schema: READ, config: { access: 'anybody' } },
    async (request) => {
      const grant = grants.get(request.params.grant);
      if (!grant || !isReadable(callerOf(request), grant)) {
        throw new SluiceError('UNKNOWN_GRANT', `no grant ${request.params.grant} for this caller`, {
          grant: request.params.grant,
        });
      }
      return describeGrant(grant, clock());
    },
  );
}

const sidesOf = ({ system, party, entry }: Grant): GrantSides => ({
  system,
  party,
  provider: splitEntryId(entry).party,
});

const grantSchema = { type: 'object', additionalProperties: true };

const LIST = {
  tags: ['grants'],
  summary: 'Grants that the caller may see',
  description: 'A page with large row filters ends before `limit`: go on while there is a `next`.',
  querystring: {
    type: 'object',
    properties: {
      entry: { type: 'string' },
      after: { type: 'string', description: '`next` of the page before' },
      limit: { type: 'integer', minimum: 1, maximum: 1000, default: 1000 },
    },
    additionalProperties: false,
  },
  response: {
    200: {
      type: 'object',
      properties: { grants: { type: 'array', items: grantSchema }, next: { type: 'string' } },
    },
    ...PROBLEMS,
  },
};

const READ = {
  tags: ['grants'],
  summary: 'One grant; one that the caller may not see is answered like one that does not exist',
  params: { type: 'object', properties: { grant: { type: 'string' } } },
  response: { 200: grantSchema, ...PROBLEMS },
};
