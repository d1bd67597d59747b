import type { SystemRight } from './system.js';

/** A program of a party, as authenticated. */
export interface SystemCaller {
  kind: 'system';
  id: string;
  party: string;
  may: readonly SystemRight[];
}

/** A person of a party, as authenticated. */
export interface OfficerCaller {
  kind: 'officer';
  id: string;
  party: string;
  roles: readonly string[];
}

export type Caller = SystemCaller | OfficerCaller;

/** How the ledger names who acted. */
export const actorOf = (caller: Caller): string => `${caller.kind}:${caller.id}`;
