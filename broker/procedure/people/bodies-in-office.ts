import type { FoldedRoom, SavedItem } from '../../ledger/checkpoint/folded-room.js';
import type { LedgerRecord } from '../../ledger/record.js';
import type { Officers } from '../../parties/parties.js';
import type { RecordedStep } from '../files/file.js';

interface Body {
  id: string;
  head: string;
}

/** The work body of each party and its head, folded from the ledger: no application is filed and no reply given without one. */
export class BodiesInOffice implements FoldedRoom {
  readonly #byParty = new Map<string, Body>();

  constructor(private readonly officers: Officers) {}

  readonly fold = ({ kind, id, document, step }: LedgerRecord): void => {
    if (kind !== 'body') return;
    const { party, head } = document as { party: string; head: string };
    const { state } = (step as RecordedStep).state ?? {};
    if (state === 'in_office') this.#byParty.set(party, { id, head });
    else if (this.#byParty.get(party)?.id === id) this.#byParty.delete(party);
  };

  save(): SavedItem[] {
    return [...this.#byParty].map((state) => ({ state }));
  }

  load({ state }: SavedItem): void {
    this.#byParty.set(...(state as [string, Body]));
  }

  bodyOf(party: string): string | undefined {
    return this.#byParty.get(party)?.id;
  }

  /** The officer who heads the party's work body, if there is a body and the officer is in office as its head. */
  headOf(party: string): string | undefined {
    const head = this.officers.get(this.#byParty.get(party)?.head ?? '');
    if (!head || head.party !== party || !head.roles.includes('body_head')) return undefined;
    return head.credential === undefined && head.subject === undefined ? undefined : head.id;
  }
}
