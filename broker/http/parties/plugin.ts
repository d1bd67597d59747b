import type { FastifyPluginAsync } from 'fastify';
import { type TokenRoutesDeps, tokenRoutes } from './tokens.js';

/** Routes of systems and officers. */
export const partiesPlugin =
  (deps: TokenRoutesDeps): FastifyPluginAsync =>
  async (app) =>
    tokenRoutes(app, deps);
