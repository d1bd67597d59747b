import type { Gauge } from 'prom-client';
import type { MetricFactory } from './metric-factory.js';

/** Upper bounds of ages and times left, in seconds, by the label under which they are counted. */
export const LAG_AGES = { none: 0, '1m': 60, '10m': 600, '1h': 3_600, '1d': 86_400, more: Number.POSITIVE_INFINITY };
export const TIMES_LEFT = { '1d': 86_400, '7d': 7 * 86_400, '30d': 30 * 86_400 };

export type LagAge = keyof typeof LAG_AGES;
export type TimeLeft = keyof typeof TIMES_LEFT;

/** Grants and entries in a few numbers; which ones they are is on `/metrics/grants` and in the log. */
export class GrantMetrics {
  readonly #grants: Gauge;
  readonly #cursors: Gauge;
  readonly #uncounted: Gauge;
  readonly #ending: Gauge;
  readonly #late: Gauge;

  constructor(make: MetricFactory) {
    // Every process knows all of them: a sum over workers would count each several times.
    const shared = { aggregator: 'max' } as const;
    this.#grants = make.gauge('sluice_grants', 'Grants that have not ended, by status', {
      labels: ['status'],
      ...shared,
    });
    this.#cursors = make.gauge(
      'sluice_grant_cursors',
      'Cursors of grants in force by the age of their oldest unacknowledged event: at most the label, and above the next lower one',
      { labels: ['lag_age'], ...shared },
    );
    this.#uncounted = make.gauge(
      'sluice_grant_cursors_uncounted',
      'Cursors whose unacknowledged events are still being counted',
      shared,
    );
    this.#ending = make.gauge('sluice_grants_ending', 'Grants in force whose period ends within the label', {
      labels: ['within'],
      ...shared,
    });
    this.#late = make.gauge(
      'sluice_entries_late',
      'Entries without an event for longer than the update frequency that they declare',
      { labels: ['frequency'], ...shared },
    );
  }

  grantsNow(byStatus: ReadonlyMap<string, number>): void {
    for (const [status, grants] of byStatus) this.#grants.set({ status }, grants);
  }

  cursorsNow(byAge: ReadonlyMap<LagAge, number>, uncounted: number): void {
    for (const [age, cursors] of byAge) this.#cursors.set({ lag_age: age }, cursors);
    this.#uncounted.set(uncounted);
  }

  endingNow(byTimeLeft: ReadonlyMap<TimeLeft, number>): void {
    for (const [within, grants] of byTimeLeft) this.#ending.set({ within }, grants);
  }

  lateEntriesNow(byFrequency: ReadonlyMap<string, number>): void {
    for (const [frequency, entries] of byFrequency) this.#late.set({ frequency }, entries);
  }
}
