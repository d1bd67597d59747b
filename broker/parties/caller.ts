import type { SystemRight } from './system.js';

/** An authenticated system. */
export interface SystemCaller {
  kind: 'system';
  id: string;
  party: string;
  may: readonly SystemRight[];
}

/** An authenticated officer. */
export interface OfficerCaller {
  kind: 'officer';
  id: string;
  party: string;
  roles: readonly string[];
}

export type Caller = SystemCaller | OfficerCaller;

/** The caller in the form in which ledger records name their actor. */
export const actorOf = (caller: Caller): string => `${caller.kind}:${caller.id}`;
