import type { FoldedRoom, SavedItem } from '../ledger/checkpoint/folded-room.js';
import type { LedgerKind, LedgerRecord } from '../ledger/record.js';

/** Documents of one kind, folded from the ledger: the newest record of an id holds its current document. */
export class Documents<T extends { id: string }> implements FoldedRoom {
  readonly #kind: LedgerKind;
  readonly #byId = new Map<string, T>();

  constructor(kind: LedgerKind) {
    this.#kind = kind;
  }

  readonly fold = (record: LedgerRecord): void => {
    if (record.kind === this.#kind) this.#byId.set(record.id, record.document as T);
  };

  get(id: string): T | undefined {
    return this.#byId.get(id);
  }

  save(): SavedItem[] {
    return [...this.#byId].map((state) => ({ state }));
  }

  load({ state }: SavedItem): void {
    this.#byId.set(...(state as [string, T]));
  }

  list(): T[] {
    return [...this.#byId.values()];
  }
}
