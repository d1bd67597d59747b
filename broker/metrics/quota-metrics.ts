import type { Counter } from 'prom-client';
import type { MetricFactory } from './metric-factory.js';
import type { PartyCounts } from './parties/party-counts.js';

/** Refusals by configured quotas: by setting, and apart from it by party. */
export class QuotaMetrics {
  readonly #refusals: Counter;

  constructor(
    make: MetricFactory,
    private readonly parties: PartyCounts,
  ) {
    this.#refusals = make.counter(
      'sluice_quota_refusals_total',
      'Events and requests that a quota refused, or kept no record of, by the name of its setting below quotas',
      ['quota'],
    );
  }

  /** `party` is undefined where nobody is known to have asked. */
  quotaRefused(quota: string, party: string | undefined, count: number): void {
    this.#refusals.inc({ quota }, count);
    if (party !== undefined) this.parties.add('quota_refusals', party, { cause: quota, count });
  }
}
