import { CANARY_FOLLOWER, CANARY_SOURCE } from '../../proto/canary.js';
import { SluiceError } from '../../proto/errors.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Caller } from './caller.js';
import { type Credentials, newToken } from './credentials.js';
import type { Officers, Systems } from './parties.js';
import type { Permissions } from './permissions.js';

export type TokenOwner = 'system' | 'officer';

export interface TokenServiceDeps {
  ledger: Ledger;
  systems: Systems;
  officers: Officers;
  credentials: Credentials;
  permissions: Permissions;
}

/** Replaces the tokens of systems and officers. */
export class TokenService {
  constructor(private readonly deps: TokenServiceDeps) {}

  /**
   * Returns the new token, which is shown this once. The old one ends with the ledger record: every broker that folds the
   * record refuses it and closes what was opened with it. Those of the canary are renewed in every mode. Throws NOT_ALLOWED and NOT_FOUND.
   */
  async renew(caller: Caller, kind: TokenOwner, id: string): Promise<string> {
    const { ledger, systems, officers, credentials, permissions } = this.deps;
    const isOfCanary = kind === 'system' && [CANARY_SOURCE, CANARY_FOLLOWER].includes(id);
    const acting = permissions.require(caller, isOfCanary ? 'canary.run' : 'token.renew');
    const token = newToken();
    const credential = credentials.digestOf(token);
    await ledger.append(
      () => {
        const current = (kind === 'system' ? systems : officers).get(id);
        if (!current) throw new SluiceError('NOT_FOUND', `there is no ${kind} ${id}`);
        return { kind, id, act: 'token-renewed', ...acting, document: { ...current, credential } };
      },
      { ...acting, endsRights: true },
    );
    return token;
  }
}
