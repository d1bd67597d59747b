import swagger from '@fastify/swagger';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyPluginAsync, LogController } from 'fastify';
import type { Logger } from 'pino';
import type { TurnShare } from '../../proto/async/shared-turns.js';
import type { Config } from '../config.js';
import type { GatewayMetrics } from '../metrics/gateway-metrics.js';
import type { QuotaNotice } from '../parties/quotas/quota-notice.js';
import { addAnswerBounds } from './answers/answer-bounds.js';
import type { AnswerBudget } from './answers/answer-budget.js';
import { addBodyParsers } from './bodies/body-parsers.js';
import type { CredentialHead } from './connections/connection-guard.js';
import { type BrokerServer, createBrokerServer } from './connections/http-server.js';
import { refuseUnreadable } from './connections/refused-requests.js';
import { openApiOptions } from './openapi/openapi-document.js';
import { type AuthenticationDeps, addAuthentication } from './server/authenticate.js';
import { addErrorHandler, refuseMalformedAddress } from './server/error-handler.js';
import { addOtherMethods, foldUnusedMethods } from './server/other-methods.js';
import { PROBLEM_SCHEMA } from './server/problem-schema.js';
import { refuseWhileClosing } from './server/refuse-while-closing.js';
import { addRequestLog } from './server/request-log.js';
import { addResponseHeaders } from './server/response-headers.js';
import { requireRouteRules } from './server/route-rule.js';
import { requestValidator } from './server/validator.js';

/** Above every lawful id; what is longer than the head of a request does not get here. */
const PARAMETER_LENGTH_MAX = 16 * 1024;

/** Options that hold for every route; each resource brings its own dependencies. */
export interface AppOptions extends AuthenticationDeps {
  log: Logger;
  metrics: GatewayMetrics;
  config: Pick<Config, 'http' | 'tls' | 'session' | 'platformRegistration'>;
  quotaNotice?: Pick<QuotaNotice, 'requestRefused'> | undefined;
  /** Pages of events count in it too. */
  answerBudget: AnswerBudget;
  maxConnections: number;
  version: string;
}

export interface App {
  app: FastifyInstance;
  /** Reads the certificate again. Throws ConfigError, and goes on with the former one. */
  reloadTls(): void;
}

/** Makes the HTTP side of the broker with its resources, not listening yet. Throws ConfigError for an unusable certificate. */
export async function createApp(options: AppOptions, resources: readonly FastifyPluginAsync[]): Promise<App> {
  const { app, reloadTls } = createInstance(options);
  // Response schemas are documentation: serializing by them would drop what they do not name.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setValidatorCompiler(requestValidator());
  app.addSchema(PROBLEM_SCHEMA);
  await app.register(swagger, openApiOptions(options.version));
  addErrorHandler(app, {
    isLawful: options.config.platformRegistration !== undefined,
    quotaNotice: options.quotaNotice,
  });
  addRequestLog(app, options.metrics);
  addResponseHeaders(app);
  refuseWhileClosing(app);
  requireRouteRules(app);
  const addRoutesForOtherMethods = addOtherMethods(app, options.config.http.corsOrigins);
  addAnswerBounds(app, options);
  addAuthentication(app, options);
  addBodyParsers(app, { bodyBytesInMemoryMax: options.config.http.maxBodyBytesInMemory });
  for (const resource of resources) await app.register(resource);
  addRoutesForOtherMethods();
  await app.ready();
  return { app, reloadTls };
}

function createInstance({ log, config, metrics, maxConnections, login }: AppOptions): App {
  const { tls, session } = config;
  let broker: BrokerServer | undefined;
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    // The framework would log addresses with their queries; request-log.ts says what may be logged.
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    serverFactory: (serve) => {
      const shareOf = (head: CredentialHead): TurnShare => login.shareOf(head);
      const bounds = { maxConnections, stalledMs: session.stalledMs, shareOf };
      const onCertificates = (ends: ReadonlyMap<string, number>): void => metrics.certificatesRead(ends);
      broker = createBrokerServer(foldUnusedMethods(serve), { tls, onCertificates, ...bounds });
      return broker.server;
    },
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: refuseMalformedAddress,
    routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX },
  });
  return { app, reloadTls: () => broker?.reloadTls() };
}
