import type { FastifyPluginAsync } from 'fastify';
import { applicationRoutes } from './applications.js';
import { type BundleRoutesDeps, bundleRoutes } from './bundles.js';
import { type GrantServiceRoutesDeps, grantServiceRoutes } from './grant-service.js';
import { type GrantRoutesDeps, grantRoutes } from './grants.js';

/** Routes of grants: read them, act on them, make them by bundle. */
export const grantsPlugin =
  (deps: GrantRoutesDeps & GrantServiceRoutesDeps & BundleRoutesDeps): FastifyPluginAsync =>
  async (app) => {
    grantRoutes(app, deps);
    grantServiceRoutes(app, deps);
    if (!deps.permissions.isTrial) return;
    applicationRoutes(app);
    bundleRoutes(app, deps);
  };
