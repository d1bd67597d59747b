import { SluiceError } from '../../../proto/errors.js';
import type { FoldedRoom, SavedItem } from '../../ledger/checkpoint/folded-room.js';
import type { LedgerRecord } from '../../ledger/record.js';
import type { Caller } from '../../parties/caller.js';
import type { LeaseCondition } from '../../parties/leases/leases.js';
import type { RecordedStep } from '../files/file.js';

/** A contract or an access, as far as it gives a right. */
interface Term {
  state: string;
  /** Milliseconds since 1970, by the bus's time; infinite where nothing is set. */
  endsAtMs: number;
}

/**
 * Contracts and accesses, folded from the ledger: what a contractor may call and read ends with them in the turn in which
 * their record is folded, and at their moment whether or not the bus has recorded the end yet.
 * docs/decisions/0157
 */
export class ContractTerms implements FoldedRoom {
  readonly #contracts = new Map<string, Term>();
  readonly #accesses = new Map<string, Term>();

  readonly fold = ({ kind, id, step }: LedgerRecord): void => {
    if (kind !== 'contract' && kind !== 'access') return;
    const { state, memo } = (step as RecordedStep | undefined)?.state ?? {};
    if (state === undefined) return;
    const endsAtMs = memo?.endsAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(memo.endsAt);
    const terms = kind === 'contract' ? this.#contracts : this.#accesses;
    if (state === 'ended' && kind === 'access') terms.delete(id);
    else terms.set(id, { state, endsAtMs });
  };

  save(): SavedItem[] {
    const items = (kind: string, terms: ReadonlyMap<string, Term>): SavedItem[] =>
      // JSON has no infinity.
      [...terms].map(([id, { state, endsAtMs }]) => ({
        state: { kind, id, state, endsAtMs: Number.isFinite(endsAtMs) ? endsAtMs : null },
      }));
    return [...items('contract', this.#contracts), ...items('access', this.#accesses)];
  }

  load({ state: saved }: SavedItem): void {
    const { kind, id, state, endsAtMs } = saved as { kind: string; id: string; state: string; endsAtMs: number | null };
    const terms = kind === 'contract' ? this.#contracts : this.#accesses;
    terms.set(id, { state, endsAtMs: endsAtMs ?? Number.POSITIVE_INFINITY });
  }

  /** Why a contractor may call nothing any more; undefined for everybody else. */
  refusalOf(caller: Caller, nowMs: number): SluiceError | undefined {
    if (caller.kind !== 'officer' || !caller.roles.includes('contractor')) return undefined;
    if (isRunning(this.#contracts.get(caller.contract ?? ''), 'in_force', nowMs)) return undefined;
    const text = 'the contract of the contractor has ended';
    const problem = { path: '', code: 'CONTRACT_OVER', article: 'R36', text } as const;
    return new SluiceError('CONTRACT_OVER', text, { article: 'R36', problems: [problem] });
  }

  isOpen(access: string, nowMs: number): boolean {
    return isRunning(this.#accesses.get(access), 'open', nowMs);
  }

  /** An open access as a condition of a lease. */
  condition(access: string, clock: () => number): LeaseCondition {
    return {
      records: [`access:${access}`],
      endsByTime: true,
      ended: () => (this.isOpen(access, clock()) ? undefined : notOpen()),
    };
  }
}

export function notOpen(text = 'there is no open access: payload is read during one alone'): SluiceError {
  const problem = { path: '', code: 'BREAK_GLASS', article: 'R36', text } as const;
  return new SluiceError('BREAK_GLASS', text, { article: 'R36', problems: [problem] });
}

const isRunning = (term: Term | undefined, state: string, nowMs: number): boolean =>
  term?.state === state && nowMs < term.endsAtMs;
