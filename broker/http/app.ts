import swagger from '@fastify/swagger';
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Gateway } from '../gateway/gateway.js';
import type { Tickets } from '../gateway/tickets.js';
import type { Intake } from '../intake/intake.js';
import type { Ledger } from '../ledger/ledger.js';
import type { GatewayMetrics } from '../metrics/gateway-metrics.js';
import type { Credentials } from '../parties/credentials.js';
import type { Disclosures } from '../stream/disclosures.js';
import type { PullReader } from '../stream/pull-reader.js';
import { applicationRoutes } from './applications.js';
import { addAuthentication } from './authenticate.js';
import { addBodyParsers } from './body-parsers.js';
import { cursorRoutes } from './cursors.js';
import { deadLetterRoutes } from './dead-letters.js';
import { disclosureRoutes } from './disclosures.js';
import { docsRoutes } from './docs.js';
import { addErrorHandler } from './error-handler.js';
import { eventRoutes } from './events.js';
import { grantEventRoutes } from './grant-events.js';
import { grantShapeRoutes } from './grant-shape.js';
import { ledgerRoutes } from './ledger.js';
import { operationRoutes } from './operations.js';
import { PROBLEM_SCHEMA } from './problem-schema.js';
import { addRequestLog } from './request-log.js';
import { streamRoutes } from './stream.js';
import { ticketRoutes } from './tickets.js';

/** What the resources need, each its own part of it. */
export interface AppDeps {
  log: Logger;
  metrics: GatewayMetrics;
  registry: Registry;
  gateway: Gateway;
  tickets: Tickets;
  credentials: Credentials;
  intake: Intake;
  reader: PullReader;
  ledger: Ledger;
  disclosures: Disclosures;
  unreadyReasons: () => string[];
  maxEventBytes: number;
  heartbeatMs: number;
  trial: boolean;
  version: string;
  /** Aborted when the broker drains: streams over HTTP come to their end. */
  ending: AbortSignal;
}

/** The HTTP side of the broker with all its resources, not listening yet. */
export async function createApp(deps: AppDeps): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: deps.log as FastifyBaseLogger,
    // It would log addresses with their queries; request-log.ts says what may be logged.
    disableRequestLogging: true,
    forceCloseConnections: true,
    // A request that is refused before its body is read may still be sending it.
    return503OnClosing: false,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, useDefaults: true } },
  });
  // Response schemas are documentation: serializing by them would drop what they do not name.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.addSchema(PROBLEM_SCHEMA);
  await app.register(swagger, openApi(deps.version));
  addErrorHandler(app);
  addRequestLog(app, deps.metrics);
  addAuthentication(app, deps.credentials);
  addBodyParsers(app, deps);
  addResources(app, deps);
  await app.ready();
  return app;
}

function addResources(app: FastifyInstance, deps: AppDeps): void {
  eventRoutes(app, deps);
  streamRoutes(app, deps);
  ticketRoutes(app, deps);
  grantEventRoutes(app, deps);
  grantShapeRoutes(app, deps);
  cursorRoutes(app, deps);
  deadLetterRoutes(app, deps);
  applicationRoutes(app);
  ledgerRoutes(app, deps);
  disclosureRoutes(app, deps);
  operationRoutes(app, deps);
  docsRoutes(app);
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
