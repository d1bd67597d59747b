import swagger from '@fastify/swagger';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyPluginAsync, LogController } from 'fastify';
import type { Logger } from 'pino';
import type { GatewayMetrics } from '../metrics/gateway-metrics.js';
import type { Credentials } from '../parties/credentials.js';
import { addAuthentication } from './server/authenticate.js';
import { addBodyParsers } from './server/body-parsers.js';
import { addErrorHandler } from './server/error-handler.js';
import { PROBLEM_SCHEMA } from './server/problem-schema.js';
import { addRequestLog } from './server/request-log.js';

/** What holds for every route; each resource brings its own dependencies. */
export interface AppOptions {
  log: Logger;
  metrics: GatewayMetrics;
  credentials: Pick<Credentials, 'digestOf' | 'ownerOf'>;
  maxEventBytes: number;
  version: string;
}

/** The HTTP side of the broker with its resources, not listening yet. */
export async function createApp(
  options: AppOptions,
  resources: readonly FastifyPluginAsync[],
): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    // The framework would log addresses with their queries; request-log.ts says what may be logged.
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, useDefaults: true } },
  });
  // Response schemas are documentation: serializing by them would drop what they do not name.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.addSchema(PROBLEM_SCHEMA);
  await app.register(swagger, openApi(options.version));
  addErrorHandler(app, options);
  addRequestLog(app, options.metrics);
  addAuthentication(app, options.credentials);
  addBodyParsers(app, options);
  for (const resource of resources) await app.register(resource);
  await app.ready();
  return app;
}

function openApi(version: string): object {
  return {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Sluice', version, description: 'Real-time exchange bus for government data' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
      tags: ['events', 'stream', 'grants', 'catalog', 'administration', 'audit', 'operations'].map((name) => ({
        name,
      })),
    },
    refResolver: {
      buildLocalReference: (json: { $id?: string }, _base: unknown, _fragment: unknown, i: number) =>
        json.$id ?? `schema-${i}`,
    },
  };
}
