import { splitEntryId } from '../../proto/entry/entry.js';
import { type Caller, isListedFor } from '../parties/caller.js';
import type { Permissions } from '../parties/permissions.js';
import type { CountsByKey } from './counts-by-key.js';
import { TurnBudget } from './lag/turn-budget.js';
import type { LateEntry } from './late-entries.js';

export interface EntryFiguresDeps {
  counts: CountsByKey;
  late: { readonly late: Iterable<LateEntry> };
  permissions: Pick<Permissions, 'overseesGrants'>;
}

/** An entry that had events since its broker started. */
export interface AcceptedEntry {
  entry: string;
  provider: string;
  accepted: number;
}

/** An entry whose last event is older than it declares. */
export interface OverdueEntry extends LateEntry {
  provider: string;
}

/**
 * How many events of each entry this broker has accepted, and which entries are late. Shown to the provider and to those who oversee all
 * grants: a subscriber is granted rows, and has no right to know how many there are of others, or when.
 */
export class EntryFigures {
  constructor(private readonly deps: EntryFiguresDeps) {}

  /**
   * The entries that the caller may see; with `party` those that it provides, and those of `grants` for who oversees them. For the
   * party of somebody else there are none.
   */
  async ofParty(caller: Caller, party: string | undefined, grants: readonly { entry: string }[]) {
    const isOverseer = this.deps.permissions.overseesGrants(caller);
    const granted = isOverseer && party !== undefined ? new Set(grants.map(({ entry }) => entry)) : undefined;
    const isShown = (entry: string, provider: string): boolean =>
      (isOverseer || provider === caller.party) &&
      (party === undefined || provider === party || granted?.has(entry) === true) &&
      isListedFor(caller, provider);
    const budget = await TurnBudget.inNewTurn();
    const [entries, late]: [AcceptedEntry[], OverdueEntry[]] = [[], []];
    for (const [entry, accepted] of await this.deps.counts.collect()) {
      const provider = splitEntryId(entry).party;
      if (isShown(entry, provider)) entries.push({ entry, provider, accepted });
      if (budget.isUsedUp) await budget.nextTurn();
    }
    for (const { entry, frequency, dueAtMs } of this.deps.late.late) {
      const provider = splitEntryId(entry).party;
      if (isShown(entry, provider)) late.push({ entry, provider, frequency, dueAtMs });
      if (budget.isUsedUp) await budget.nextTurn();
    }
    return { entries, late };
  }
}
