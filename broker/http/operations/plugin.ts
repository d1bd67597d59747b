import type { FastifyPluginAsync } from 'fastify';
import { docsRoutes } from './docs.js';
import { type OperationRoutesDeps, operationRoutes } from './operations.js';

/** Routes of operators: health, readiness, metrics, and the documentation of all routes. */
export const operationsPlugin =
  (deps: OperationRoutesDeps): FastifyPluginAsync =>
  async (app) => {
    operationRoutes(app, deps);
    docsRoutes(app);
  };
