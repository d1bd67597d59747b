import { shareOf, type TurnShare } from '../../proto/async/shared-turns.js';
import { CANARY_PARTY } from '../../proto/canary.js';
import { SluiceError } from '../../proto/errors.js';
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
  /** Contract of a contractor. */
  contract?: string | undefined;
}

export type Caller = SystemCaller | OfficerCaller;

/** The caller in the form in which ledger records name their actor. */
export const actorOf = (caller: Pick<Caller, 'kind' | 'id'>): string => `${caller.kind}:${caller.id}`;

/** The caller's share of the turns of the event loop, which all of its connections and requests have together. */
export const turnShareOf = (caller: Pick<Caller, 'kind' | 'id'>): TurnShare => shareOf(actorOf(caller));

export const isCanary = ({ party }: Pick<Caller, 'party'>): boolean => party === CANARY_PARTY;

/** The documents of the canary are in no list but its own. */
export const isListedFor = (caller: Caller, party: string | undefined): boolean =>
  party !== CANARY_PARTY || isCanary(caller);

/** The caller that was looked up again before its act is recorded. Throws NOT_AUTHENTICATED when its token has ended meanwhile. */
export function requireStillValid<Kind extends Caller>(now: Kind | undefined): Kind {
  if (now) return now;
  throw new SluiceError('NOT_AUTHENTICATED', 'the token was withdrawn while the act was judged');
}
