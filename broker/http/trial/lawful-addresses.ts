import type { FastifyInstance, RouteShorthandOptions } from 'fastify';
import { MACHINES } from '../../procedure/all-machines.js';
import type { Machine } from '../../procedure/engine/machine.js';
import { type CatalogFileRoutesDeps, catalogFileRoutes } from '../catalog/catalog-files.js';
import { profileRoutes } from '../catalog/profiles.js';
import { type ProcedureRoutesDeps, procedureRoutes } from '../procedure/plugin.js';

export interface Address {
  method: string;
  url: string;
  /** Called without a credential. */
  isOpen: boolean;
}

/** A machine with all its acts, as a later version runs it. */
const whole = (machine: Machine): Machine => ({
  ...machine,
  available: true,
  transitions: machine.transitions.map((row) => ({ ...row, isLater: false })),
});

/**
 * Every address of the procedure and of sheets, also of machines that do not run yet: those that its routes give to an instance which
 * only notes them. No route is called, so none of the dependencies is asked for more than its machines.
 */
export function lawfulAddresses(): Address[] {
  const found: Address[] = [];
  const note = (method: string) => (url: string, options: RouteShorthandOptions) => {
    found.push({ method, url, isOpen: options.config?.access === 'open' });
  };
  const noting = { get: note('GET'), post: note('POST'), put: note('PUT'), delete: note('DELETE') };
  const machines = new Map([...MACHINES].map(([kind, machine]) => [kind, whole(machine)]));
  const app = noting as unknown as FastifyInstance;
  procedureRoutes(app, { procedure: { machines } } as unknown as ProcedureRoutesDeps);
  catalogFileRoutes(app, {} as CatalogFileRoutesDeps);
  profileRoutes(app, {} as CatalogFileRoutesDeps);
  return found;
}
