import type { FastifyPluginAsync } from 'fastify';
import { canaryTokenRoutes, type TokenRoutesDeps, tokenRoutes } from './tokens.js';
import { type WhoamiRoutesDeps, whoamiRoutes } from './whoami.js';

/** Routes of systems and officers. */
export const partiesPlugin =
  (deps: TokenRoutesDeps & WhoamiRoutesDeps): FastifyPluginAsync =>
  async (app) => {
    // On a registered bus departments replace their tokens by acts of the procedure.
    if (deps.permissions.isTrial) tokenRoutes(app, deps);
    else canaryTokenRoutes(app, deps);
    whoamiRoutes(app, deps);
  };
