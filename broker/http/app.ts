import swagger from '@fastify/swagger';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Disclosures } from '../audit/disclosures.js';
import type { BundleService } from '../bundles/bundle-service.js';
import type { Catalog } from '../catalog/catalog.js';
import type { CatalogService } from '../catalog/catalog-service.js';
import type { Gateway } from '../gateway/gateway.js';
import type { Tickets } from '../gateway/tickets.js';
import type { GrantService } from '../grants/grant-service.js';
import type { Grants } from '../grants/grants.js';
import type { Intake } from '../intake/intake.js';
import type { QuarantineReader } from '../intake/quarantine/quarantine-reader.js';
import type { Ledger } from '../ledger/ledger.js';
import type { GatewayMetrics } from '../metrics/gateway-metrics.js';
import type { Credentials } from '../parties/credentials.js';
import type { PageReader } from '../stream/pages/page-reader.js';
import { disclosureRoutes } from './audit/disclosures.js';
import { ledgerRoutes } from './audit/ledger.js';
import { catalogRoutes } from './catalog/catalog.js';
import { catalogServiceRoutes } from './catalog/catalog-service.js';
import { entryContractRoutes } from './catalog/entry-contract.js';
import { eventRoutes } from './events/events.js';
import { quarantineRoutes } from './events/quarantine.js';
import { applicationRoutes } from './grants/applications.js';
import { bundleRoutes } from './grants/bundles.js';
import { grantServiceRoutes } from './grants/grant-service.js';
import { grantRoutes } from './grants/grants.js';
import { docsRoutes } from './operations/docs.js';
import { operationRoutes } from './operations/operations.js';
import { addAuthentication } from './server/authenticate.js';
import { addBodyParsers } from './server/body-parsers.js';
import { addErrorHandler } from './server/error-handler.js';
import { PROBLEM_SCHEMA } from './server/problem-schema.js';
import { addRequestLog } from './server/request-log.js';
import { cursorRoutes } from './stream/cursors.js';
import { deadLetterRoutes } from './stream/dead-letters.js';
import { grantEventRoutes } from './stream/grant-events.js';
import { grantShapeRoutes } from './stream/grant-shape.js';
import { streamRoutes } from './stream/stream.js';
import { ticketRoutes } from './stream/tickets.js';

/** What the resources need, each its own part of it. */
export interface AppDeps {
  log: Logger;
  metrics: GatewayMetrics;
  registry: Pick<Registry, 'contentType' | 'metrics'>;
  gateway: Gateway;
  tickets: Tickets;
  credentials: Credentials;
  intake: Intake;
  reader: PageReader;
  ledger: Ledger;
  disclosures: Disclosures;
  catalog: Catalog;
  catalogService: CatalogService;
  grants: Grants;
  grantService: GrantService;
  bundleService: BundleService;
  clock: () => number;
  quarantine: QuarantineReader;
  unreadyReasons: () => string[];
  notices?: readonly string[] | undefined;
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
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, useDefaults: true } },
  });
  // Response schemas are documentation: serializing by them would drop what they do not name.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.addSchema(PROBLEM_SCHEMA);
  await app.register(swagger, openApi(deps.version));
  addErrorHandler(app, deps);
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
  grantRoutes(app, deps);
  grantServiceRoutes(app, deps);
  grantEventRoutes(app, deps);
  grantShapeRoutes(app, deps);
  catalogRoutes(app, deps);
  catalogServiceRoutes(app, deps);
  entryContractRoutes(app, deps);
  quarantineRoutes(app, deps);
  cursorRoutes(app, deps);
  deadLetterRoutes(app, deps);
  applicationRoutes(app);
  bundleRoutes(app, deps);
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
