import type { ErrorCode } from '../../../proto/errors.js';
import type { Ledger } from '../../ledger/ledger.js';

/** Why a subscription may not be served, in the terms of its `ended` frame. */
export interface Refusal {
  code: ErrorCode;
  reason: string;
}

/** Decides before every frame of events whether a grant that was in force still is; undefined when the frame may go out. */
export function deliveryRefusal(
  grant: { expiresAtMs: number },
  ledger: Pick<Ledger, 'isFresh'>,
  nowMs: number,
): Refusal | undefined {
  if (nowMs >= grant.expiresAtMs) return { code: 'EXPIRED', reason: 'the period of the grant is over' };
  if (!ledger.isFresh)
    return { code: 'LEDGER_OUT_OF_SIGHT', reason: 'the ledger is stale: the grant cannot be checked, subscribe again' };
  return undefined;
}
