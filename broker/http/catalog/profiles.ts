import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';
import { decodeUtf8 } from '../bodies/parse-json.js';
import { keyOf } from '../procedure/act-call.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { JSON_TYPE, YAML_TYPE } from '../server/route-rule.js';
import { type CatalogFileRoutesDeps, PROFILE_BYTES_MAX, profileName } from './catalog-files.js';

const PROFILE_RULE: FastifyContextConfig = {
  access: 'department',
  raw: true,
  digestsBody: true,
  body: { [JSON_TYPE]: PROFILE_BYTES_MAX, [YAML_TYPE]: PROFILE_BYTES_MAX },
};

/** The profiles that say which column of a sheet is which field. */
export function profileRoutes(app: FastifyInstance, { sheetService }: CatalogFileRoutesDeps): void {
  const requireUser = (request: FastifyRequest): Promise<void> => sheetService.requireProfileUser(callerOf(request));
  app.get<{ Params: { name: string } }>(
    '/v1/profiles/:name',
    { schema: PROFILE, config: { access: 'department' }, onRequest: requireUser },
    async (request, reply) => {
      const json = await sheetService.profile(callerOf(request), request.params.name);
      return reply.type(`${JSON_TYPE}; charset=utf-8`).send(Buffer.from(json));
    },
  );
  app.put<{ Params: { name: string } }>(
    '/v1/profiles/:name',
    { schema: PUT_PROFILE, config: PROFILE_RULE, onRequest: requireUser },
    async (request, reply) => {
      const body = request.body as Buffer | undefined;
      if (!Buffer.isBuffer(body)) throw new SluiceError('BAD_REQUEST', 'the profile is empty');
      const key = keyOf(request);
      const text = decodeUtf8(body);
      const { json, isReplayed } = await sheetService.putProfile(callerOf(request), request.params.name, text, key);
      if (isReplayed) reply.header('idempotent-replayed', 'true');
      return reply.type(`${JSON_TYPE}; charset=utf-8`).send(Buffer.from(json));
    },
  );
}

const tags = ['catalog'];
const anything = { type: 'object', additionalProperties: true };
const params = { type: 'object', properties: { name: profileName }, required: ['name'] };

const PROFILE = {
  tags,
  operationId: 'getProfile',
  summary: 'A profile of sheets',
  params,
  response: { 200: anything, ...PROBLEMS },
};
const PUT_PROFILE = {
  tags,
  operationId: 'putProfile',
  summary: 'Store a profile of sheets for the own party',
  params,
  response: { 200: anything, ...PROBLEMS },
};
