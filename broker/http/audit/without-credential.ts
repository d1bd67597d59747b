import type { LedgerRecord } from '../../ledger/record.js';

/** Digests of tokens stay inside: a reader of the ledger has no use for them. */
export function withoutCredential(record: LedgerRecord): LedgerRecord {
  if (record.kind !== 'system' && record.kind !== 'officer') return record;
  const { credential: _digest, ...document } = record.document as { credential?: string };
  return { ...record, document };
}
