import type { FastifyPluginAsync } from 'fastify';
import { type DisclosureRoutesDeps, disclosureRoutes } from './disclosures.js';
import { type LedgerRoutesDeps, ledgerRoutes } from './ledger.js';

/** Routes of auditors: the ledger and its proof, and who received what about a record. */
export const auditPlugin =
  (deps: LedgerRoutesDeps & DisclosureRoutesDeps): FastifyPluginAsync =>
  async (app) => {
    ledgerRoutes(app, deps);
    disclosureRoutes(app, deps);
  };
