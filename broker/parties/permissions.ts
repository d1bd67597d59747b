import { SluiceError } from '../../proto/errors.js';
import type { Caller, OfficerCaller } from './caller.js';
import type { Role } from './officer.js';

export type Action =
  | 'parties.manage'
  | 'bundle.apply'
  | 'catalog.edit'
  | 'catalog.publish'
  | 'grant.create'
  | 'grant.suspend'
  | 'grant.terminate'
  | 'ledger.read';

/** As a refusal says it. */
const WORDS: Record<Action, string> = {
  'parties.manage': 'manage parties, systems and officers',
  'bundle.apply': 'apply bundles',
  'catalog.edit': 'draft catalog entries',
  'catalog.publish': 'publish and withdraw catalog entries',
  'grant.create': 'create grants',
  'grant.suspend': 'suspend and restore grants',
  'grant.terminate': 'terminate grants',
  'ledger.read': 'read the ledger',
};

/** `own`: only for the officer's own party. */
type Reach = 'own' | 'any';

/** Who may what. In trial mode the platform operator may everything beside it. */
const TABLE: Partial<Record<Role, Partial<Record<Action, Reach>>>> = {
  platform_operator: { 'parties.manage': 'any', 'bundle.apply': 'any' },
  catalog_editor: { 'catalog.edit': 'own', 'catalog.publish': 'own' },
  body_head: { 'grant.suspend': 'own', 'grant.terminate': 'own' },
  security_officer: { 'grant.suspend': 'own' },
  auditor: { 'ledger.read': 'any' },
};

export interface PermissionContext {
  trial: boolean;
  /** The party that the act is about: of an entry its own, of a grant the provider. */
  party?: string | undefined;
}

export function isAllowed(caller: Caller, action: Action, { trial, party }: PermissionContext): boolean {
  return roleFor(caller, action, { trial, party }) !== undefined;
}

/** The officer with the role that allows the action. Throws NOT_ALLOWED. */
export function requirePermission(caller: Caller, action: Action, context: PermissionContext): Acting {
  const role = roleFor(caller, action, context);
  if (role === undefined) {
    const whose = context.party === undefined ? '' : ` for party ${context.party}`;
    throw new SluiceError('NOT_ALLOWED', `${caller.kind} ${caller.id} may not ${WORDS[action]}${whose}`);
  }
  return { actor: `officer:${caller.id}`, role };
}

/** Who acts, as the ledger records it. */
export interface Acting {
  actor: string;
  role: string;
}

function roleFor(caller: Caller, action: Action, { trial, party }: PermissionContext): string | undefined {
  if (caller.kind !== 'officer') return undefined;
  return caller.roles.find(
    (role) => reaches(caller, TABLE[role as Role]?.[action], party) || isTrialOperator(role, trial),
  );
}

const isTrialOperator = (role: string, trial: boolean): boolean => trial && role === 'platform_operator';

const reaches = (officer: OfficerCaller, reach: Reach | undefined, party: string | undefined): boolean =>
  reach === 'any' || (reach === 'own' && party !== undefined && officer.party === party);
