import type { FastifyPluginAsync } from 'fastify';
import { type EventRoutesDeps, eventRoutes } from './events.js';
import { type QuarantineRoutesDeps, quarantineRoutes } from './quarantine.js';

/** Routes of sources: publish events, read back what was refused. */
export const eventsPlugin =
  (deps: EventRoutesDeps & QuarantineRoutesDeps): FastifyPluginAsync =>
  async (app) => {
    eventRoutes(app, deps);
    quarantineRoutes(app, deps);
  };
