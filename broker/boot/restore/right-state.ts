import { isDeepStrictEqual } from 'node:util';
import { CANARY_PARTY } from '../../../proto/canary.js';
import type { EntryState } from '../../catalog/entry-state.js';
import type { StoredGrant } from '../../grants/grant.js';
import { hashOf } from '../../ledger/chain.js';
import type { LedgerRecord } from '../../ledger/record.js';
import type { StoredOfficer } from '../../parties/officer.js';
import type { StoredSystem } from '../../parties/system.js';

/** A record that says what a right is from then on, with the SHA-256 in hex that tells it from another record of the same sequence. */
export interface RightState
  extends Pick<LedgerRecord, 'seq' | 'kind' | 'id' | 'act' | 'actor' | 'reason' | 'time' | 'document' | 'step'> {
  hash: string;
}

/**
 * `party` holds one right, that its address gets its notices. `case` holds none: it explains a suspension, and without it nobody could
 * lift the suspension that is repeated.
 */
const KINDS: readonly string[] = [
  'grant',
  'system',
  'officer',
  'entry',
  'contract',
  'consent',
  'access',
  'stop',
  'enrolment',
  'party',
  'case',
];

/** Undefined for records that change no right. */
export function rightStateOf(record: LedgerRecord, bytes: Uint8Array): RightState | undefined {
  if (!KINDS.includes(record.kind) || isOfCanary(record)) return undefined;
  const { seq, kind, id, act, actor, reason, time, document, step } = record;
  const kept = kind === 'entry' ? entryState(document as EntryState) : document;
  return { seq, hash: hashOf(bytes), kind, id, act, actor, reason, time, document: kept, step };
}

/** The whole document of a withdrawn entry, since the withdrawal may be repeated; of others only that they stand. */
const entryState = (state: EntryState): object => (state.status === 'withdrawn' ? state : { status: state.status });

/** The canary renews the tokens of its systems at each of its starts. */
const isOfCanary = ({ document }: LedgerRecord): boolean =>
  (document as { party?: string } | undefined)?.party === CANARY_PARTY;

/**
 * True when the right as `stored` on the ledger is more than the right as it was last `known`. A right that is not on the ledger was given
 * after the copy and needs no end; a stop that is not there is missing.
 */
export function takesAway(known: RightState, stored: Pick<LedgerRecord, 'document' | 'step'> | undefined): boolean {
  if (known.kind === 'stop') return stateOf(known) === 'standing';
  if (!stored) return false;
  switch (known.kind) {
    case 'grant':
      return grantTakesAway(known.document as StoredGrant, stored.document as StoredGrant);
    case 'system':
    case 'officer':
      return holderTakesAway(known.document as Holder, stored.document as Holder);
    case 'entry':
      return isWithdrawn(known) && !isWithdrawn(stored);
    case 'party':
      return webhookOf(stored) !== undefined && !isDeepStrictEqual(webhookOf(known), webhookOf(stored));
    case 'case':
      return false;
    default:
      return stateOf(known) !== stateOf(stored) && ENDED_STATES.includes(String(stateOf(known)));
  }
}

/** States of consents, contracts, accesses and enrolments: a code that was used would make another administrator. */
const ENDED_STATES: readonly string[] = ['revoked', 'expired', 'ended', 'redeemed'];

type Holder = Partial<StoredOfficer & StoredSystem>;

function grantTakesAway(known: StoredGrant, stored: StoredGrant): boolean {
  if (known.status !== stored.status) return known.status !== 'in_force';
  const range = ({ status: _, undelivered: _delivered, resumedFrom: _from, ...rest }: StoredGrant): object => rest;
  return !isDeepStrictEqual(range(known), range(stored));
}

function holderTakesAway(known: Holder, stored: Holder): boolean {
  if (stored.credential !== undefined && known.credential !== stored.credential) return true;
  if (stored.subject !== undefined && known.subject !== stored.subject) return true;
  const kept: readonly string[] = [...(known.may ?? []), ...(known.roles ?? [])];
  return [...(stored.may ?? []), ...(stored.roles ?? [])].some((right) => !kept.includes(right));
}

const isWithdrawn = ({ document }: Pick<LedgerRecord, 'document'>): boolean =>
  (document as EntryState).status === 'withdrawn';
/** The sealed address of a party's notices, which its administrator replaces. */
const webhookOf = ({ step }: Pick<LedgerRecord, 'step'>): unknown =>
  (step as { state?: { memo?: { webhook?: unknown } } } | undefined)?.state?.memo?.webhook;
const stateOf = ({ step }: Pick<LedgerRecord, 'step'>): unknown =>
  (step as { state?: { state: string } } | undefined)?.state?.state;
