import type { Test } from 'tap';
import { foldedRooms } from '../../../broker/boot/ledger/folded-rooms.js';
import { BundleService } from '../../../broker/bundles/bundle-service.js';
import { GrantService } from '../../../broker/grants/grant-service.js';
import { BusClock } from '../../../broker/ledger/bus-clock.js';
import type { Bus } from '../../../broker/nats/bus.js';
import type { OfficerCaller } from '../../../broker/parties/caller.js';
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
  const busClock = new BusClock({ wall: Date.now, monotonic: () => performance.now(), onStep: () => {} });
  const { ordered, ...rooms } = foldedRooms('a secret of at least thirty-two characters', busClock);
  const ledger = await openLedger(
    t,
    bus,
    ordered.map(({ fold }) => fold),
  );
  const deps = { ...rooms, ledger, permissions: new Permissions(mode), partitions: 4, clock: busClock.now };
  return { ...deps, service: new GrantService(deps), bundles: new BundleService(deps) };
}
