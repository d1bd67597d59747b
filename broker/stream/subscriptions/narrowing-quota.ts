import { QuotaError } from '../../parties/quotas/quota-error.js';
import { SystemRate } from '../../parties/quotas/system-rate.js';

const DAY_SECONDS = 86_400;

/** Bounds the narrowings that the receipts of one system put on record, where they stay for ever. Decision: docs/decisions/0377. */
export class NarrowingQuota {
  readonly #rate: SystemRate;

  constructor(
    private readonly bytesPerDay: number,
    clockMs: () => number,
  ) {
    this.#rate = new SystemRate({ perSecond: bytesPerDay / DAY_SECONDS, burst: bytesPerDay }, clockMs);
  }

  /** Throws TOO_MANY. */
  take(system: string, bytes: number): void {
    if (this.#rate.take(system, bytes)) return;
    const detail =
      `system ${system} has put the ${this.bytesPerDay} bytes of different narrowings on record that quotas.narrowingBytesPerDay ` +
      'allows it: use again what it has used before, or ask for a grant with that row filter';
    throw new QuotaError('TOO_MANY', 'narrowingBytesPerDay', `system ${system}`, detail);
  }
}
