import type { GrantDocument, GrantStatus } from '../../proto/entry/grant.js';
import { boundsOf, type GrantBounds } from './grant-period.js';

/** A grant as the ledger holds it, in canonical form, with its party. */
export interface StoredGrant extends GrantDocument {
  party: string;
  /** The state after the last act. The period is not recorded as a state: `statusAt` derives it from the clock. */
  status: 'in_force' | 'suspended' | 'terminated';
  /** Created directly on a trial bus, without the lawful procedure. */
  trial?: true | undefined;
  /** Version of the entry that was applied for; absent on grants of a trial. */
  version?: number | undefined;
  /** Conditions of the entry that the reply asks for. */
  conditions?: string[] | undefined;
  /** The lawful procedure made the grant and nothing was delivered yet: it is shown as `provisioning`. */
  undelivered?: true | undefined;
  /** Moment at which a suspended grant was restored without what it had missed: earlier events are not delivered. */
  resumedFrom?: string | undefined;
}

/** Time in which a grant was suspended, where it was restored without what it had missed. */
export interface SkippedTime {
  from: string;
  /** Exclusive. */
  to: string;
}

export interface Grant extends StoredGrant, GrantBounds {
  /** Ledger sequence of the record with which the right became what it is. */
  ledgerSeq: number;
  /** When that record was written. */
  changedAtMs: number;
}

export function toGrant(document: StoredGrant, ledgerSeq: number, changedAtMs = 0): Grant {
  // A literal that begins with a spread would have a hidden class of its own, for each grant (docs/decisions/0266).
  return Object.assign({}, document, boundsOf(document), { ledgerSeq, changedAtMs });
}

/** The status that is shown: a lawful grant is `provisioning` until something was delivered, though it delivers. */
export function shownStatusAt(grant: Grant, nowMs: number): GrantStatus {
  const status = statusAt(grant, nowMs);
  return status === 'in_force' && grant.undelivered ? 'provisioning' : status;
}

/** The status at a moment. A termination outweighs the period, the end of the period a suspension. */
export function statusAt(grant: Grant, nowMs: number): GrantStatus {
  if (grant.status === 'terminated') return 'terminated';
  if (nowMs >= grant.toMs) return 'expired';
  if (grant.status === 'suspended') return 'suspended';
  return nowMs < grant.fromMs ? 'provisioning' : 'in_force';
}

/** The grant without what `toGrant` derived. */
export function documentOf(grant: Grant): StoredGrant {
  const { fromMs: _from, toMs: _to, historyFromMs: _history, ledgerSeq: _seq, changedAtMs: _at, ...document } = grant;
  return document;
}
