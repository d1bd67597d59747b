import type { FastifyPluginAsync } from 'fastify';
import { type BundleRoutesDeps, bundleRoutes } from './bundles.js';
import { type GrantServiceRoutesDeps, grantServiceRoutes } from './grant-service.js';
import { type GrantRoutesDeps, grantRoutes } from './grants.js';

/** Routes of grants: read them, act on them, make them by bundle. */
export const grantsPlugin =
  (deps: GrantRoutesDeps & GrantServiceRoutesDeps & BundleRoutesDeps): FastifyPluginAsync =>
  async (app) => {
    // On a registered bus grants are files, and have the addresses of the procedure.
    if (!deps.permissions.isTrial) return;
    grantRoutes(app, deps);
    grantServiceRoutes(app, deps);
    bundleRoutes(app, deps);
  };
