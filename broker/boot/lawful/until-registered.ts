import { busIsRegistered, isRegistration } from '../../parties/bus-facts.js';
import type { Governance } from '../governance.js';
import type { ReleaseStack } from '../release-stack.js';

/** A trial broker ends when another one registers the bus: what it lets operators do is no longer lawful. */
export function untilRegistered({ ledger, permissions }: Governance, releases: ReleaseStack): Promise<Error> {
  return new Promise((resolve) => {
    if (!permissions.isTrial) return;
    const stopWatching = ledger.onRecord((record) => {
      if (isRegistration(record)) resolve(busIsRegistered());
    });
    releases.add('registration watch', stopWatching);
  });
}
