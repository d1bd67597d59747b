import type { FastifyPluginAsync } from 'fastify';
import { type CursorActRoutesDeps, cursorActRoutes } from './cursor-acts.js';
import { type CursorRoutesDeps, cursorRoutes } from './cursors.js';
import { type DeadLetterRoutesDeps, deadLetterRoutes } from './dead-letters.js';
import { type GrantEventRoutesDeps, grantEventRoutes } from './grant-events.js';
import { type GrantShapeRoutesDeps, grantShapeRoutes } from './grant-shape.js';
import { type LagRoutesDeps, lagRoutes } from './lag.js';
import { type StreamRoutesDeps, streamRoutes } from './stream.js';
import { type TicketRoutesDeps, ticketRoutes } from './tickets.js';

export type StreamPluginDeps = StreamRoutesDeps &
  TicketRoutesDeps &
  GrantEventRoutesDeps &
  GrantShapeRoutesDeps &
  CursorRoutesDeps &
  CursorActRoutesDeps &
  LagRoutesDeps &
  DeadLetterRoutesDeps;

/** Routes of subscribers: WebSockets and their tickets, events by page or as server-sent events, cursors, dead letters. */
export const streamPlugin =
  (deps: StreamPluginDeps): FastifyPluginAsync =>
  async (app) => {
    streamRoutes(app, deps);
    ticketRoutes(app, deps);
    grantEventRoutes(app, deps);
    grantShapeRoutes(app, deps);
    cursorRoutes(app, deps);
    cursorActRoutes(app, deps);
    lagRoutes(app, deps);
    deadLetterRoutes(app, deps);
  };
