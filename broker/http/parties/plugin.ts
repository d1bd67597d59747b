import type { FastifyPluginAsync } from 'fastify';
import { type TokenRoutesDeps, tokenRoutes } from './tokens.js';
import { type WhoamiRoutesDeps, whoamiRoutes } from './whoami.js';

/** Routes of systems and officers. */
export const partiesPlugin =
  (deps: TokenRoutesDeps & WhoamiRoutesDeps): FastifyPluginAsync =>
  async (app) => {
    tokenRoutes(app, deps);
    whoamiRoutes(app, deps);
  };
