import { type ProblemWhere, SluiceError } from '../../proto/errors.js';
import { actorOf, type Caller, type OfficerCaller, requireStillValid, type SystemCaller } from './caller.js';
import type { Role } from './officer.js';
import type { SystemRight } from './system.js';

/** Without a platform registration a bus is a trial; with one, the lawful procedure is the only way to a right. */
export type BusMode = 'trial' | 'registered';

export type Action =
  | 'parties.manage'
  | 'token.renew'
  | 'canary.run'
  | 'bundle.apply'
  | 'catalog.edit'
  | 'catalog.publish'
  | 'grant.create'
  | 'grant.suspend'
  | 'grant.terminate'
  | 'cursor.move'
  | 'ledger.read'
  | 'ledger.verify'
  | 'disclosures.read'
  | 'store.read';

/** The action in the words of a refusal. */
const ACTION_PHRASES: Record<Action, string> = {
  'parties.manage': 'manage parties, systems and officers',
  'token.renew': 'renew tokens',
  'canary.run': 'give tokens to the canary',
  'bundle.apply': 'apply bundles',
  'catalog.edit': 'draft catalog entries',
  'catalog.publish': 'publish and withdraw catalog entries',
  'grant.create': 'create grants',
  'grant.suspend': 'suspend and restore grants',
  'grant.terminate': 'terminate grants',
  'cursor.move': 'move and remove cursors',
  'ledger.read': 'read the ledger',
  'ledger.verify': 'have the ledger verified',
  'disclosures.read': 'read who received what',
  'store.read': 'read how full the store is',
};

/** `own`: only where the act is about the officer's own party. `audited`: about a party that the officer audits. */
type Scope = 'own' | 'audited' | 'any';

/** Rights of the roles in every mode. */
const ROLE_RIGHTS: Partial<Record<Role, Partial<Record<Action, Scope>>>> = {
  platform_operator: { 'canary.run': 'any', 'parties.manage': 'any', 'bundle.apply': 'any', 'store.read': 'any' },
  catalog_editor: { 'catalog.edit': 'own', 'catalog.publish': 'own' },
  body_head: { 'grant.suspend': 'own', 'grant.terminate': 'own', 'cursor.move': 'own' },
  security_officer: { 'grant.suspend': 'own', 'cursor.move': 'own' },
  auditor: {
    'ledger.read': 'audited',
    'ledger.verify': 'any',
    'disclosures.read': 'audited',
    'store.read': 'any',
  },
};

/** The registers that a right depends on beside the role. */
export interface Registers {
  /** The caller by the records of now; undefined when its token has ended. */
  again?: ((caller: OfficerCaller) => OfficerCaller | undefined) | undefined;
  /** Known on a registered bus. */
  departments?: Departments | undefined;
}

/** The departments of a registered bus, as far as it depends on them what an auditor reads. */
export interface Departments {
  /** Party that owns the platform. */
  owner: string;
  /** Whether the competent department stands anywhere above the party. */
  isAbove(competent: string, party: string): boolean;
}

/** The actor and its role, as the ledger records them. */
export interface Acting {
  actor: string;
  role: string;
}

/** The sides of a grant, as far as reading it depends on them. */
export interface GrantSides {
  system: string;
  party: string;
  provider: string;
}

/**
 * Decides, for every route and every service, who may read and who may act. The mode of the bus is known here and is
 * passed to nobody: a caller asks `permissions`, not for the mode. In trial mode the platform operator may do everything
 * on top of the rights of its role. See docs/decisions/0071.
 */
export class Permissions {
  /** An auditor of the owner audits every party, any other one its own and those below. In trial mode all audit all. */
  constructor(
    readonly mode: BusMode,
    private readonly registers: Registers = {},
  ) {}

  get isTrial(): boolean {
    return this.mode === 'trial';
  }

  /** `party` is the one that the act is about: the owner of an entry, the provider of a grant. */
  allows(caller: Caller, action: Action, party?: string): boolean {
    const now = this.#again(caller);
    return now !== undefined && this.#roleFor(now, action, party) !== undefined;
  }

  /** The officer with the role that allows the action, by the records of now. Throws NOT_ALLOWED, or NOT_AUTHENTICATED when its token has ended. */
  require(caller: Caller, action: Action, party?: string): Acting {
    const role = this.#roleFor(requireStillValid(this.#again(caller)), action, party);
    if (role === undefined) {
      const whose = party === undefined ? '' : ` for party ${party}`;
      throw new SluiceError('NOT_ALLOWED', `${caller.kind} ${caller.id} may not ${ACTION_PHRASES[action]}${whose}`);
    }
    return { actor: `officer:${caller.id}`, role };
  }

  /** Throws TRIAL_ONLY on a registered bus. */
  requireTrial(message: string, where: ProblemWhere = {}): void {
    if (!this.isTrial) throw new SluiceError('TRIAL_ONLY', message, where);
  }

  /** A grant is read by the system that holds it, by officers of both its parties, and by those who oversee all grants. */
  mayReadGrant(caller: Caller, { system, party, provider }: GrantSides): boolean {
    if (caller.kind === 'system') return caller.id === system;
    if (this.overseesGrants(caller) || caller.party === party || caller.party === provider) return true;
    return caller.roles.includes('auditor') && [party, provider].some((side) => this.#audits(caller, side));
  }

  /** Whether the caller reads every grant, whoever its parties are. */
  overseesGrants(caller: Caller): boolean {
    if (caller.kind !== 'officer') return false;
    if (caller.roles.includes('platform_operator')) return true;
    return caller.roles.includes('auditor') && this.#audits(caller, undefined);
  }

  /** A system is seen by itself, by officers of its party, and by those who oversee all grants. */
  mayReadSystem(caller: Caller, system: { id: string; party: string }): boolean {
    if (caller.kind === 'system') return caller.id === system.id;
    return caller.party === system.party || this.overseesGrants(caller);
  }

  /** The subscriber's own system, or an officer of its party who may move cursors. Throws NOT_ALLOWED. */
  requireCursorOwner(caller: Caller, { system, party }: GrantSides): Acting {
    if (caller.kind === 'officer') return this.require(caller, 'cursor.move', party);
    if (caller.id === system) return { actor: actorOf(caller), role: 'subscriber' };
    throw new SluiceError(
      'NOT_ALLOWED',
      `system ${caller.id} may not ${ACTION_PHRASES['cursor.move']} of another system`,
    );
  }

  #again(caller: Caller): Caller | undefined {
    const { again } = this.registers;
    return caller.kind === 'officer' && again ? again(caller) : caller;
  }

  #roleFor(caller: Caller, action: Action, party: string | undefined): string | undefined {
    if (caller.kind !== 'officer') return undefined;
    return caller.roles.find(
      (role) =>
        this.#isInScope(caller, ROLE_RIGHTS[role as Role]?.[action], party) ||
        (this.isTrial && role === 'platform_operator'),
    );
  }

  #isInScope(officer: OfficerCaller, scope: Scope | undefined, party: string | undefined): boolean {
    if (scope === 'audited') return this.#audits(officer, party);
    return scope === 'any' || (scope === 'own' && party !== undefined && officer.party === party);
  }

  /** Without a party: whether the auditor audits every one. */
  #audits(auditor: OfficerCaller, party: string | undefined): boolean {
    if (this.isTrial || auditor.party === this.registers.departments?.owner) return true;
    if (party === undefined) return false;
    return auditor.party === party || this.registers.departments?.isAbove(auditor.party, party) === true;
  }
}

/** The caller as a system that has the right to publish or to subscribe. Throws NOT_ALLOWED. */
export function requireSystem(caller: Caller, right: SystemRight, where: ProblemWhere = {}): SystemCaller {
  if (caller.kind !== 'system') {
    throw new SluiceError(
      'NOT_ALLOWED',
      `this call is for systems that may ${right}; ${caller.id} is an officer`,
      where,
    );
  }
  if (!caller.may.includes(right)) throw new SluiceError('NOT_ALLOWED', `system ${caller.id} may not ${right}`, where);
  return caller;
}
