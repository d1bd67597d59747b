import type { FastifyPluginAsync } from 'fastify';
import { docsRoutes } from './docs.js';
import { type OperationRoutesDeps, operationRoutes } from './operations.js';
import { type StoreRoutesDeps, storeRoutes } from './store.js';

/** Routes of operators: health, readiness, metrics, and the documentation of all routes. */
export const operationsPlugin =
  (deps: OperationRoutesDeps & StoreRoutesDeps): FastifyPluginAsync =>
  async (app) => {
    operationRoutes(app, deps);
    storeRoutes(app, deps);
    docsRoutes(app);
  };
