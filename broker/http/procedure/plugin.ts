import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { Procedure } from '../../procedure/engine/procedure.js';
import type { Enrolment } from '../../procedure/people/redeem.js';
import { enrolmentRoutes } from './enrolments.js';
import { fileRoutes } from './files.js';
import { machineRoutes } from './machines.js';

export interface ProcedureRoutesDeps {
  procedure: Procedure;
  enrolment: Enrolment;
}

/** Routes of the lawful procedure, which a registered bus has. */
export const procedurePlugin =
  (deps: ProcedureRoutesDeps): FastifyPluginAsync =>
  async (app: FastifyInstance) => {
    fileRoutes(app, deps);
    machineRoutes(app, deps);
    enrolmentRoutes(app, deps);
  };
