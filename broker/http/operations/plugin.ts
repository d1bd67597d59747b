import type { FastifyPluginAsync } from 'fastify';
import { docsRoutes } from './docs.js';
import { type GrantMetricsRoutesDeps, grantMetricsRoutes } from './grant-metrics.js';
import { type OperationRoutesDeps, operationRoutes } from './operations.js';
import { type StoreRoutesDeps, storeRoutes } from './store.js';

/** Routes of operators: health, readiness, metrics, and the documentation of all routes. */
export const operationsPlugin =
  (deps: OperationRoutesDeps & GrantMetricsRoutesDeps & StoreRoutesDeps): FastifyPluginAsync =>
  async (app) => {
    operationRoutes(app, deps);
    grantMetricsRoutes(app, deps);
    storeRoutes(app, deps);
    docsRoutes(app);
  };
