import type { Counter } from 'prom-client';
import type { MetricFactory } from './metric-factory.js';

/**
 * `leak`: something that is not granted would go out; `withheld`: something granted would not; `failed`: the view threw
 * an error.
 */
export const FINDING_KINDS = ['leak', 'withheld', 'failed'] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** The comparison of live views with what their grants allow. */
export class LeakCheckMetrics {
  readonly #findings: Counter;
  readonly #views: Counter;
  readonly #rounds: Counter;

  constructor(make: MetricFactory) {
    this.#findings = make.counter(
      'sluice_leak_check_findings_total',
      'Synthetic events that a live view would deliver differently from what its grant allows',
      ['kind'],
      FINDING_KINDS,
    );
    this.#views = make.counter('sluice_leak_check_views_total', 'Live views that were compared with their grants');
    this.#rounds = make.counter(
      'sluice_leak_check_rounds_total',
      'Rounds in which every live view was compared with its grants',
    );
  }

  viewChecked(): void {
    this.#views.inc();
  }

  roundEnded(): void {
    this.#rounds.inc();
  }

  found(kind: FindingKind): void {
    this.#findings.inc({ kind });
  }
}
