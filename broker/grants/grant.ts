import type { GrantDocument, GrantStatus } from '../../proto/entry/grant.js';
import { boundsOf, type GrantBounds } from './grant-period.js';

/** A grant as the ledger holds it: party and rows filled in, in canonical form. */
export interface StoredGrant extends GrantDocument {
  party: string;
  /** What acts have made of it; that time makes it begin or expire is not written. */
  status: 'in_force' | 'suspended' | 'terminated';
  /** Created directly, without the lawful procedure. */
  trial?: true | undefined;
}

export interface Grant extends StoredGrant, GrantBounds {
  /** Sequence of its newest ledger record. */
  ledgerSeq: number;
}

export const toGrant = (document: StoredGrant, ledgerSeq: number): Grant => ({
  ...document,
  ...boundsOf(document),
  ledgerSeq,
});

/** The status at a moment: acts first, then the period. */
export function statusAt(grant: Grant, nowMs: number): GrantStatus {
  if (grant.status === 'terminated') return 'terminated';
  if (nowMs >= grant.toMs) return 'expired';
  if (grant.status === 'suspended') return 'suspended';
  return nowMs < grant.fromMs ? 'provisioning' : 'in_force';
}
