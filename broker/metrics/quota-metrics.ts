import type { Counter } from 'prom-client';
import type { MetricFactory } from './metric-factory.js';

/** Refusals by configured quotas: by setting, never by system or party. */
export class QuotaMetrics {
  readonly #refusals: Counter;

  constructor(make: MetricFactory) {
    this.#refusals = make.counter(
      'sluice_quota_refusals_total',
      'Events and requests that a quota refused, or kept no record of, by the name of its setting below quotas',
      ['quota'],
    );
  }

  quotaRefused(quota: string, count: number): void {
    this.#refusals.inc({ quota }, count);
  }
}
