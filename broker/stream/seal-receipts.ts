import type { Ledger } from '../ledger/ledger.js';
import type { ReceiptRegistry } from '../receipts/receipt-registry.js';

export interface SealReceiptsDeps {
  ledger: Pick<Ledger, 'append'>;
  warn(message: string, error?: unknown): void;
}

/** Receipts that a crash leaves unsealed are at most so old. */
const SEAL_INTERVAL_MS = 3_600_000;

/** Seals every hour; returns the function that stops it. */
export function sealRegularly(chain: ReceiptRegistry['chain'], deps: SealReceiptsDeps): () => void {
  const timer = setInterval(() => void sealReceipts(chain, deps), SEAL_INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Puts the head of this broker's chain of receipts into the ledger, so that receipts cannot be removed unnoticed. Nothing is
 * recorded when there is nothing new. See docs/decisions/0208.
 */
export async function sealReceipts(
  chain: Pick<ReceiptRegistry['chain'], 'broker' | 'head' | 'isSealable' | 'waitingSinceMs' | 'sealed'>,
  { ledger, warn }: SealReceiptsDeps,
): Promise<void> {
  if (!chain.isSealable) return;
  const { broker, head } = chain;
  // Records that the store does not take keep their age: counted from this seal, one that lasts for days would never be noticed.
  const restSinceMs = chain.waitingSinceMs ?? Date.now();
  const act = { kind: 'receipts', id: broker, act: 'sealed', actor: 'bus', document: { broker, ...head } } as const;
  await ledger
    .append(() => act)
    .then(() => chain.sealed(head, restSinceMs))
    .catch((error: unknown) => warn(`the receipts of broker ${broker} were not sealed in the ledger`, error));
}
