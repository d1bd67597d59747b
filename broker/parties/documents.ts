import type { LedgerKind, LedgerRecord } from '../ledger/record.js';

/** Documents of one kind, folded from the ledger: the newest record of an id holds its current document. */
export class Documents<T extends { id: string }> {
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

  list(): T[] {
    return [...this.#byId.values()];
  }
}
