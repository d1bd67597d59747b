import type { Ledger } from '../ledger/ledger.js';
import type { ReceiptRegistry } from '../receipts/receipt-registry.js';

export interface SealReceiptsDeps {
  ledger: Pick<Ledger, 'append'>;
  warn(message: string, error?: unknown): void;
}

/** Puts the head of this broker's chain of receipts into the ledger, so that receipts cannot be removed unnoticed. */
export async function sealReceipts(chain: ReceiptRegistry['chain'], { ledger, warn }: SealReceiptsDeps): Promise<void> {
  const { broker, head } = chain;
  if (head.records === 0) return;
  const act = { kind: 'receipts', id: broker, act: 'sealed', actor: 'bus', document: { broker, ...head } } as const;
  await ledger
    .append(() => act)
    .then(() => chain.sealed(head.records))
    .catch((error: unknown) => warn(`the receipts of broker ${broker} were not sealed in the ledger`, error));
}
