import type { Test } from 'tap';
import { BundleService } from '../../../broker/bundles/bundle-service.js';
import { Catalog } from '../../../broker/catalog/catalog.js';
import { GrantService } from '../../../broker/grants/grant-service.js';
import { Grants } from '../../../broker/grants/grants.js';
import type { Bus } from '../../../broker/nats/bus.js';
import type { OfficerCaller } from '../../../broker/parties/caller.js';
import { Credentials } from '../../../broker/parties/credentials.js';
import { Officers, Parties, Systems } from '../../../broker/parties/parties.js';
import { type BusMode, Permissions } from '../../../broker/parties/permissions.js';
import { openLedger } from './ledger.js';

export const operator: OfficerCaller = {
  kind: 'officer',
  id: 'platform-operator',
  party: 'platform',
  roles: ['platform_operator'],
};

/** Parties, catalog, grants and bundles over one ledger, on a trial bus or a registered one. */
export async function openGovernance(t: Test, bus: Bus, mode: BusMode) {
  const [parties, systems, officers] = [new Parties(), new Systems(), new Officers()];
  const credentials = new Credentials('a secret of at least thirty-two characters');
  const [catalog, grants] = [new Catalog(), new Grants()];
  const folds = [parties, systems, officers, credentials, catalog, grants].map(({ fold }) => fold);
  const ledger = await openLedger(t, bus, folds);
  const deps = {
    ledger,
    parties,
    systems,
    officers,
    credentials,
    catalog,
    grants,
    permissions: new Permissions(mode),
    partitions: 4,
    clock: Date.now,
  };
  return { ...deps, service: new GrantService(deps), bundles: new BundleService(deps) };
}
