import type { FastifyPluginAsync } from 'fastify';
import { refuseOne } from '../../procedure/engine/refusals.js';
import { type ClockReadingDeps, clockReadRoute } from '../procedure/clock.js';
import { lawfulAddresses } from './lawful-addresses.js';

/** Tells the time of a trial bus, and refuses all other calls of the lawful procedure. To be registered behind the routes that the trial bus has. */
export const trialPlugin =
  (deps: ClockReadingDeps): FastifyPluginAsync =>
  async (app) => {
    clockReadRoute(app, deps);
    for (const { method, url, isOpen } of lawfulAddresses()) {
      if (app.hasRoute({ method, url })) continue;
      app.route({
        method,
        url,
        config: { access: isOpen ? 'open' : 'anybody' },
        // Hidden from the OpenAPI document: a client made from it would hold calls that never succeed.
        schema: { hide: true },
        // Before a body would be read.
        onRequest: refuse,
        handler: async () => undefined,
      });
    }
  };

async function refuse(): Promise<never> {
  throw refuseOne('NOT_ALLOWED', 'this call is part of the lawful procedure, and the bus has no platformRegistration');
}
