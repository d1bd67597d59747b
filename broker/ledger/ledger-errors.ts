/** The ledger is not what was written: a record is missing, altered, or forged. Nothing may be decided on it. */
export class LedgerBrokenError extends Error {
  override readonly name = 'LedgerBrokenError';
  readonly code = 'LEDGER_BROKEN';
  constructor(
    /** Sequence of the first record that does not fit. */
    readonly seq: number,
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(`the ledger is broken at record ${seq}: ${why}`, options);
  }
}
