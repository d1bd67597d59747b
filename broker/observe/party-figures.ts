import { type PartyCount, type PartyCountKind, partyCountOf } from '../metrics/parties/party-counts.js';
import { type Caller, isListedFor } from '../parties/caller.js';
import type { Permissions } from '../parties/permissions.js';
import type { CountsByKey } from './counts-by-key.js';
import { TurnBudget } from './lag/turn-budget.js';

/** Beside what is counted as it happens, what the store is asked for. */
export type PartyFigureKind = PartyCountKind | 'quarantine_oldest_age_seconds';

export interface PartyFigure extends Omit<PartyCount, 'kind'> {
  kind: PartyFigureKind;
}

export interface PartyFiguresDeps {
  counts: CountsByKey;
  quarantine: { readonly oldest: ReadonlyMap<string, number> };
  permissions: Pick<Permissions, 'overseesGrants'>;
  /** Real time, by which the store dates its messages. */
  wallMs(): number;
}

/** Figures of what parties must act on. Shown to the party itself and to those who oversee all grants. */
export class PartyFigures {
  constructor(private readonly deps: PartyFiguresDeps) {}

  /** The figures that the caller may see, with `party` those of that one. For the party of somebody else there are none. */
  async ofParty(caller: Caller, party: string | undefined): Promise<PartyFigure[]> {
    const isOverseer = this.deps.permissions.overseesGrants(caller);
    const isShown = (one: string): boolean =>
      (isOverseer || one === caller.party) && (party === undefined || one === party) && isListedFor(caller, one);
    const budget = await TurnBudget.inNewTurn();
    const shown: PartyFigure[] = [];
    for (const [key, count] of await this.deps.counts.collect()) {
      const one = partyCountOf(key, count);
      if (count > 0 && isShown(one.party)) shown.push(one);
      if (budget.isUsedUp) await budget.nextTurn();
    }
    for (const [one, oldestMs] of this.deps.quarantine.oldest) {
      const count = Math.max(0, this.deps.wallMs() - oldestMs) / 1000;
      if (isShown(one)) shown.push({ kind: 'quarantine_oldest_age_seconds', party: one, cause: '', count });
      if (budget.isUsedUp) await budget.nextTurn();
    }
    return shown;
  }
}
