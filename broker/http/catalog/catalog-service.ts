import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';
import { REASON_BODY } from '../../../proto/http/answer-schemas.js';
import type { CatalogService } from '../../catalog/catalog-service.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { JSON_TYPE, SMALL_JSON, YAML_TYPE } from '../server/route-rule.js';

export interface CatalogServiceRoutesDeps {
  catalogService: CatalogService;
}

type Route = { Params: { entry: string } };

/** An entry of some hundred items, with all that the law asks of each. */
const ENTRY_BYTES_MAX = 1024 * 1024;
const PUT_RULE: FastifyContextConfig = {
  access: { officer: 'catalog.edit' },
  body: { [JSON_TYPE]: ENTRY_BYTES_MAX, [YAML_TYPE]: ENTRY_BYTES_MAX },
};

/** Drafts and the life cycle of entries; the service decides who may. */
export function catalogServiceRoutes(app: FastifyInstance, { catalogService }: CatalogServiceRoutesDeps): void {
  app.put<Route>('/v1/catalog/:entry', { schema: PUT, config: PUT_RULE }, async (request) => {
    const document = request.body as { id?: unknown } | undefined;
    if (document?.id !== request.params.entry) {
      throw new SluiceError('BAD_REQUEST', 'the document must have the id of the address');
    }
    return catalogService.putDraft(callerOf(request), document);
  });
  app.get<Route>(
    '/v1/catalog/:entry/draft',
    { schema: DRAFT, config: { access: { officer: 'catalog.edit' } } },
    async (request) => catalogService.draft(callerOf(request), request.params.entry),
  );
  app.post<Route>(
    '/v1/catalog/:entry/publish',
    { schema: PUBLISH, config: { access: { officer: 'catalog.publish' } } },
    (request) => catalogService.publish(callerOf(request), request.params.entry),
  );
  app.post<Route & { Body: { reason: string } }>(
    '/v1/catalog/:entry/withdraw',
    { schema: WITHDRAW, config: { access: { officer: 'catalog.publish' }, body: SMALL_JSON } },
    async (request) => {
      await catalogService.withdraw(callerOf(request), request.params.entry, request.body.reason);
      return { id: request.params.entry, status: 'withdrawn' };
    },
  );
}

const tags = ['catalog'];
const params = { type: 'object', properties: { entry: { type: 'string' } } };
const anything = { type: 'object', additionalProperties: true };

const PUT = {
  tags,
  summary: 'Store the draft of an entry',
  description: 'Answers {changed, warnings}; warnings are what the law would ask outside trial mode.',
  params,
  body: anything,
  response: { 200: anything, ...PROBLEMS },
};
const DRAFT = { tags, summary: 'The draft of an entry', params, response: { 200: anything, ...PROBLEMS } };
const PUBLISH = {
  tags,
  summary: 'Make the draft the next version',
  params,
  response: { 200: anything, ...PROBLEMS },
};
const WITHDRAW = {
  tags,
  summary: 'Withdraw an entry; ends every subscription to it',
  params,
  body: REASON_BODY,
  response: { 200: anything, ...PROBLEMS },
};
