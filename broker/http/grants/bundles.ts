import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import type { BundleService } from '../../bundles/bundle-service.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { JSON_TYPE, YAML_TYPE } from '../server/route-rule.js';

/** The 40,000 entries of a whole province, with all that the law asks of each. */
const BUNDLE_BYTES_MAX = 256 * 1024 * 1024;

/** YAML is for what people write; parsing it takes a hundred times as long as JSON. */
const BUNDLE_YAML_BYTES_MAX = 4 * 1024 * 1024;

const RULE: FastifyContextConfig = {
  access: { officer: 'bundle.apply' },
  body: { [JSON_TYPE]: BUNDLE_BYTES_MAX, [YAML_TYPE]: BUNDLE_YAML_BYTES_MAX },
};

export interface BundleRoutesDeps {
  bundleService: BundleService;
}

type Route = { Querystring: { dryRun: boolean } };

export function bundleRoutes(app: FastifyInstance, { bundleService }: BundleRoutesDeps): void {
  app.post<Route>('/v1/bundles', { schema: SCHEMA, config: RULE }, (request) =>
    bundleService.apply(callerOf(request), request.body, { dryRun: request.query.dryRun }),
  );
}

const SCHEMA = {
  tags: ['administration'],
  summary: 'Make what a bundle declares: parties, systems, officers, entries, grants',
  description:
    'Idempotent; what a bundle leaves out is left alone. Answers what was created, updated and unchanged; tokens that ' +
    'were generated are shown this once. With dryRun nothing is done.',
  consumes: ['application/json', 'application/yaml'],
  querystring: {
    type: 'object',
    properties: { dryRun: { type: 'boolean', default: false } },
    additionalProperties: false,
  },
  response: { 200: { type: 'object', additionalProperties: true }, ...PROBLEMS },
};
