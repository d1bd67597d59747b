import type { FastifyPluginAsync } from 'fastify';
import { type CatalogRoutesDeps, catalogRoutes } from './catalog.js';
import { type CatalogFileRoutesDeps, catalogFileRoutes } from './catalog-files.js';
import { type CatalogServiceRoutesDeps, catalogServiceRoutes } from './catalog-service.js';
import { entryContractRoutes } from './entry-contract.js';
import { profileRoutes } from './profiles.js';

/** Routes of the catalog: search and read entries, draft and publish them, get their contracts in machine-readable form. */
export const catalogPlugin =
  (deps: CatalogRoutesDeps & CatalogServiceRoutesDeps & CatalogFileRoutesDeps): FastifyPluginAsync =>
  async (app) => {
    catalogRoutes(app, deps);
    if (deps.isTrial) catalogServiceRoutes(app, deps);
    entryContractRoutes(app, deps);
    if (deps.isTrial) return;
    catalogFileRoutes(app, deps);
    profileRoutes(app, deps);
  };
